package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Options are what a plan is made from. DefaultOptions has the defaults.
type Options struct {
	Selections  []subject.Selection // what programs serve; none if only external servers are measured
	External    []contract.Request  // what is asked of external servers then
	Models      []string
	Variants    []subject.Variant // replace the models
	Baseline    string            // model, variant or external server; "": persistent, or else the first
	Clients     []int             // of closed loops
	Rates       []float64         // of open loops, in requests per second
	Arrivals    string            // of open loops: poisson or constant
	Connections int               // of open loops: the most at once
	Engine      string
	Rounds      int           // 0: as many as Budget allows
	Budget      time.Duration // of the whole run
	Starts      int           // of the targets
	Block       time.Duration // length of a visit; 0: as Plan.Length has it
	WarmUp      time.Duration // of a start of targets that stay, at most; 0: none
	Seed        uint64        // of the orders and arrivals
	CrossCheck  bool          // hey repeats a part of the closed loops
	Floor       bool          // measure the floor as well
	ReuseLevels bool          // measure the models between cgi and persistent as well
	Mix         bool          // one cell for all requests of a workload, drawn by their weights
	NoReuse     bool          // a new connection for each request
	SLO         string        // objective, such as p99=50ms
	FindKnee    bool          // search for the highest rate that meets SLO

	// PercentileNeeds returns how many responses a percentile needs. A search calls it.
	PercentileNeeds func(p float64) int

	Explicit map[string]bool // options that the user set, by name; others may be adapted
}

// DefaultOptions compares cgi with persistent in half a minute.
func DefaultOptions() Options {
	return Options{
		Models:      []string{Baseline, subject.FloorModel},
		Clients:     []int{1, 8},
		Arrivals:    "poisson",
		Connections: 1000, // what a CGI host of default size lets wait
		Engine:      DefaultEngine,
		Budget:      30 * time.Second,
		Starts:      8,
		WarmUp:      2 * time.Second,
		CrossCheck:  true,
		Floor:       true,
		ReuseLevels: true,
		Explicit:    map[string]bool{},
	}
}

// Limits on options. What is beyond them is a typing error.
const (
	MaxClients = 10_000
	MaxRounds  = 1_000_000
	maxRate    = 1_000_000
	minBlock   = time.Millisecond
	maxWarmUp  = 10 * time.Minute
	minStarts  = 3 // a long-running process chooses its memory layout once, so it must be started more than once
)

// MinRequests is how many requests a block has at least: the median of fewer says little.
const MinRequests = 5

// Validate returns an error of the first option that is invalid.
func (o *Options) Validate() error {
	client := slices.IndexFunc(o.Clients, func(n int) bool { return n < 1 || n > MaxClients })
	rate := slices.IndexFunc(o.Rates, func(r float64) bool { return !(r > 0 && r <= maxRate) })
	invalid, invalidElement := subject.InvalidOption, subject.InvalidElement
	switch {
	case client >= 0, len(o.Clients) == 0 && len(o.Rates) == 0:
		return invalidElement("clients", client, "%v: numbers from 1 to %d are needed", o.Clients, MaxClients)
	case repeated(o.Clients) >= 0:
		return invalidElement("clients", repeated(o.Clients), "%v: duplicate number", o.Clients)
	case repeated(o.Rates) >= 0:
		return invalidElement("rate", repeated(o.Rates), "%v: duplicate number", o.Rates)
	case repeated(o.Models) >= 0:
		return invalidElement("model", repeated(o.Models), "%v: duplicate name", o.Models)
	case rate >= 0:
		return invalidElement("rate", rate, "%v: numbers of requests a second up to %d are needed", o.Rates, maxRate)
	case len(o.Variants) > 0 && o.Explicit["model"]:
		return invalid("model", "cannot go with variants, each of which has a model of its own")
	case len(o.Variants) > 0 && len(o.Selections) == 0:
		return invalid("variants", "are of a workload, and only targets are named: name one, too")
	case o.Arrivals != "poisson" && o.Arrivals != "constant":
		return invalid("arrivals", "%q is unknown; there are poisson and constant", o.Arrivals)
	case o.Connections < 1 || o.Connections > MaxClients:
		return invalid("connections", "%d: a number from 1 to %d is needed", o.Connections, MaxClients)
	case o.Rounds < 0 || o.Rounds > MaxRounds:
		return invalid("rounds", "%d: a number up to %d is needed", o.Rounds, MaxRounds)
	case o.Rounds == 0 && o.Budget < time.Second:
		return invalid("budget", "%v: at least 1s is needed", o.Budget)
	case o.Starts < minStarts:
		return invalid("starts", "%d: at least %d are needed", o.Starts, minStarts)
	case o.Block != 0 && o.Block < minBlock:
		return invalid("block", "%v: at least %v is needed", o.Block, minBlock)
	case o.WarmUp < 0 || o.WarmUp > maxWarmUp:
		return invalid("warm-up", "%v: a time up to %v is needed", o.WarmUp, maxWarmUp)
	case o.Engine == crossCheckEngine && (len(o.Rates) > 0 || o.FindKnee):
		return invalid("engine", "hey offers closed loops only: leave out --rate and --find-knee, or take another engine")
	case o.Engine == crossCheckEngine && o.Mix:
		return invalid("requests", "need an engine that sends several requests, which hey does not: take another engine")
	case len(o.Models) == 0:
		return invalid("model", "is empty: name a model")
	}
	return o.validateSearch()
}

// validateSearch checks what belongs to --slo and --find-knee.
func (o *Options) validateSearch() error {
	invalid := subject.InvalidOption
	switch {
	case o.SLO == "" && o.FindKnee:
		return invalid("find-knee", "needs an objective: give --slo, such as p99=50ms")
	case o.FindKnee && o.Explicit["rate"]:
		return invalid("rate", "cannot be combined with --find-knee: a search tries rates of its own")
	case o.FindKnee && o.Explicit["clients"]:
		return invalid("clients", "cannot be combined with --find-knee: a search is made at rates, not by closed loops")
	case o.FindKnee && o.Explicit["rounds"]:
		return invalid("rounds", "cannot be combined with --find-knee: a search has no rounds, but it keeps a --budget")
	case o.SLO != "" && !o.FindKnee && len(o.Rates) == 0:
		return invalid("slo", "%q needs rates to be held against: give --rate or --find-knee", o.SLO)
	}
	_, err := o.objective()
	return err
}

// repeated is the index of the first value that is there before, or -1.
func repeated[T comparable](values []T) int {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return i
		}
	}
	return -1
}

// objective reads SLO: a percentile and a limit.
func (o *Options) objective() (*Objective, error) {
	if o.SLO == "" {
		return nil, nil
	}
	wrong := subject.InvalidOption("slo", "%q: a percentile and a limit are needed, such as p99=50ms", o.SLO)
	name, limit, found := strings.Cut(o.SLO, "=")
	percent, err := strconv.ParseFloat(strings.TrimPrefix(name, "p"), 64)
	if !found || err != nil || !(percent > 0 && percent < 100) {
		return nil, wrong
	}
	d, err := time.ParseDuration(limit)
	if err != nil || d <= 0 {
		return nil, wrong
	}
	return &Objective{Percentile: percent / 100, LimitNS: int64(d)}, nil
}
