package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Options are the options of a plan. DefaultOptions returns the defaults.
type Options struct {
	Selections  []subject.Selection // selected programs and requests; none if only external servers are measured
	External    []contract.Request  // requests to external servers, if only those are measured
	Models      []string
	Variants    []subject.Variant // variants, which replace the models
	Baseline    string            // model, variant or external server; "": persistent, or else the first
	Clients     []int             // numbers of clients of closed loops
	Rates       []float64         // rates of open loops, in requests per second
	Arrivals    string            // arrival process of open loops: poisson, constant or burst:N
	Connections int               // largest number of connections of an open loop
	Engine      string
	Rounds      int           // number of rounds; 0: as many as Budget allows
	Budget      time.Duration // length of the whole run
	Starts      int           // number of starts of the targets
	Block       time.Duration // length of a visit; 0: see Plan.Length
	WarmUp      time.Duration // longest warm-up of a start of resident targets; 0: none
	Seed        uint64        // seed of all random choices, such as orders and arrivals
	CrossCheck  bool          // repeat a part of the closed loops with hey
	Floor       bool          // measure the floor as well
	ReuseLevels bool          // measure the models between cgi and persistent as well
	Mix         bool          // one cell for all requests of a workload, drawn by weight
	NoReuse     bool          // a new connection for each request
	SLO         string        // objective, such as p99=50ms
	FindKnee    bool          // search for the highest rate that meets SLO
	Part        Part          // the part of a run in parts
	StartAt     time.Time     // instant at which the parts begin

	// PercentileNeeds returns the number of responses that percentile p needs. A search needs it.
	PercentileNeeds func(p float64) int

	Explicit map[string]bool // options set by the user, by name; others may be adapted
}

// DefaultOptions returns options that compare cgi with persistent in 30 seconds.
func DefaultOptions() Options {
	return Options{
		Models:      []string{Baseline, Fresh},
		Clients:     []int{1, 8},
		Arrivals:    "poisson",
		Connections: 1000, // default queue length of a CGI host
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

// Limits on options. Larger values are taken for typing errors.
const (
	MaxClients = 10_000
	MaxRounds  = 1_000_000
	maxRate    = 1_000_000
	minBlock   = time.Millisecond
	maxWarmUp  = 10 * time.Minute
	minStarts  = 3 // a resident process keeps its memory layout, so it must be started more than once
)

// MinRequests is the smallest number of requests of a block: a median of fewer is not meaningful.
const MinRequests = 5

// MinRate is the lowest rate in requests per second.
const MinRate = 1e-6

// Validate returns an error for the first invalid option.
func (o *Options) Validate() error {
	client := slices.IndexFunc(o.Clients, func(n int) bool { return n < 1 || n > MaxClients })
	highest := maxRate * max(o.Part.Of, 1)
	rate := slices.IndexFunc(o.Rates, func(r float64) bool { return !(r >= MinRate && r <= float64(highest)) })
	clients, rates, models := repeated(o.Clients), repeated(o.Rates), repeated(o.Models)
	_, bursts := Load{Arrivals: o.Arrivals}.Burst()
	invalid, invalidElement := subject.InvalidOption, subject.InvalidElement
	switch {
	case client >= 0:
		return invalidElement("clients", client, "%d: must be from 1 to %d", o.Clients[client], MaxClients)
	case len(o.Clients) == 0 && len(o.Rates) == 0:
		return invalid("clients", "is empty: give at least one number from 1 to %d", MaxClients)
	case clients >= 0:
		return invalidElement("clients", clients, "%d: duplicate number", o.Clients[clients])
	case rates >= 0:
		return invalidElement("rate", rates, "%v: duplicate number", o.Rates[rates])
	case models >= 0:
		return invalidElement("model", models, "%s: duplicate name", o.Models[models])
	case rate >= 0:
		return invalidElement("rate", rate, "%v: must be requests per second, from %g to %d", o.Rates[rate], MinRate, highest)
	case len(o.Variants) > 0 && o.Explicit["model"]:
		return invalid("model", "cannot be combined with variants, each of which has its own model")
	case len(o.Variants) > 0 && len(o.Selections) == 0:
		return invalid("variants", "need a workload, but only targets are given: give a workload as well")
	case o.Arrivals != "poisson" && o.Arrivals != "constant" && !bursts:
		return invalid("arrivals", "%q: must be poisson, constant, or burst:N with N from 1 to %d", o.Arrivals, MaxBurst)
	case o.Connections < 1 || o.Connections > MaxClients:
		return invalid("connections", "%d: must be from 1 to %d", o.Connections, MaxClients)
	case o.Rounds < 0 || o.Rounds > MaxRounds:
		return invalid("rounds", "%d: must be from 0 to %d", o.Rounds, MaxRounds)
	case o.Rounds == 0 && o.Budget < time.Second:
		return invalid("budget", "%v: must be at least 1s", o.Budget)
	case o.Starts < minStarts:
		return invalid("starts", "%d: must be at least %d", o.Starts, minStarts)
	case o.Block != 0 && o.Block < minBlock:
		return invalid("block", "%v: must be at least %v", o.Block, minBlock)
	case o.WarmUp < 0 || o.WarmUp > maxWarmUp:
		return invalid("warm-up", "%v: must be from 0s to %v", o.WarmUp, maxWarmUp)
	case o.Engine == crossCheckEngine && (len(o.Rates) > 0 || o.FindKnee):
		return invalid("engine", "hey supports closed loops only: leave out --rate and --find-knee, or use another engine")
	case o.Engine == crossCheckEngine && o.Mix:
		return invalid("requests", "needs another engine than hey, which cannot send a mix of requests")
	case len(o.Models) == 0:
		return invalid("model", "is empty: give at least one model")
	}
	return o.validateSearch()
}

// validateSearch returns an error if --slo or --find-knee is invalid, or cannot be combined with other options.
func (o *Options) validateSearch() error {
	if _, err := o.objective(); err != nil {
		return err
	}
	invalid := subject.InvalidOption
	switch {
	case o.SLO == "" && o.FindKnee:
		return invalid("find-knee", "needs an objective: give --slo, such as p99=50ms")
	case o.FindKnee && o.Explicit["rate"]:
		return invalid("rate", "cannot be combined with --find-knee: a search chooses its rates")
	case o.FindKnee && o.Explicit["clients"]:
		return invalid("clients", "cannot be combined with --find-knee: a search has no closed loops")
	case o.FindKnee && o.Explicit["rounds"]:
		return invalid("rounds", "cannot be combined with --find-knee: a search has no rounds; use --budget to limit it")
	case o.SLO != "" && !o.FindKnee && len(o.Rates) == 0:
		return invalid("slo", "%q applies to rates only: give --rate or --find-knee", o.SLO)
	}
	return nil
}

// repeated returns the index of the first duplicate value, or -1.
func repeated[T comparable](values []T) int {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return i
		}
	}
	return -1
}

// objective parses SLO: a percentile and a limit.
func (o *Options) objective() (*Objective, error) {
	if o.SLO == "" {
		return nil, nil
	}
	wrong := subject.InvalidOption("slo", "%q: must be a percentile and a limit, such as p99=50ms", o.SLO)
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
