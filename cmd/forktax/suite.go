package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/bench/suite"
)

// What a suite takes, unless something else is said. A request that starts an interpreter takes long, so visits are.
const (
	suiteBudget = 3 * time.Minute
	suiteBlock  = 500 * time.Millisecond
	suiteLoad   = 8 // clients
)

// notOfSuite are options that say what a suite says itself.
var notOfSuite = []string{"workload", "model", "target", "cgi", "persistent", "request", "baseline", "rate", "find-knee", "slo",
	"database", "database-tls", "database-socket", "floor", "ladder", "allow-different-answers", variantsKey}

// ofSuite checks --suite, and gives the other options the values that it takes for granted.
func (o *options) ofSuite() error {
	if o.Suite == "" {
		return nil
	}
	if _, known := suite.Find(o.Suite); !known {
		return mistaken("suite", "%q is unknown; there are %s", o.Suite, strings.Join(suite.Names(), ", "))
	}
	for _, other := range notOfSuite {
		if o.has(other) {
			return mistaken(other, "and --suite exclude each other: a suite says itself what is compared")
		}
	}
	if !o.has("clients") {
		o.Clients = []int{suiteLoad}
	}
	if !o.has("budget") {
		o.Budget = suiteBudget
	}
	if !o.has("block") {
		o.Block = suiteBlock
	}
	if !o.has("referee") {
		o.Referee = false
	}
	if !o.has("phases") { // which only our own servers tell, at a price
		o.Phases = false
	}
	return nil
}

// aboutSuites lists the suites for people.
func aboutSuites() string {
	var lines []string
	for _, s := range suite.All {
		lines = append(lines, fmt.Sprintf("  %-10s %s", s.Name, s.About))
	}
	return strings.Join(lines, "\n")
}

// compete makes the run of a suite.
func (o *options) compete(ctx context.Context, l *subject.Launcher, results string, printed output,
	stdout, stderr io.Writer) error {
	s, _ := suite.Find(o.Suite)
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return fmt.Errorf("making a folder for the suite: %w", err)
	}
	defer os.RemoveAll(dir)
	lineup, err := s.LineUp(ctx, subject.NewFinder(stderr), dir)
	if err != nil {
		return err
	}
	for _, missing := range lineup.Missing {
		fmt.Fprintf(stderr, "left out: %v\n", missing)
	}
	if len(lineup.Missing) > 0 && o.All {
		return fmt.Errorf("--%s: %w", requireAll, errors.Join(lineup.Missing...))
	}
	l.Programs, l.Foreign, l.Seed = lineup.Programs, lineup.Foreign, o.Seed
	return o.carryOut(ctx, o.planOf(s, lineup), l, results, printed, stdout, stderr)
}

// planOf is the plan of a suite.
func (o *options) planOf(s suite.Suite, lineup *suite.Lineup) plan.Plan {
	p := plan.Plan{Workloads: lineup.Workloads, Rounds: o.Rounds, BudgetNS: int64(o.Budget), Groups: o.Groups,
		BlockNS: int64(o.Block), AtLeast: fewestSent, Seed: o.Seed, Baseline: s.Baseline,
		Suite: &plan.Suite{Name: s.Name, About: s.About, Contenders: lineup.Contenders, Versions: lineup.Versions}}
	for _, missing := range lineup.Missing {
		p.Suite.LeftOut = append(p.Suite.LeftOut, missing.Error())
	}
	if o.Rounds > 0 {
		p.BudgetNS, p.Rounds = 0, max(o.Rounds, o.Groups)
	}
	for _, c := range lineup.Contenders {
		for _, clients := range o.Clients {
			p.Cells = append(p.Cells, plan.Cell{Workload: c.Workload, Request: c.Workload, Model: c.Name, Engine: o.Engine,
				Load: plan.Load{Kind: plan.Closed, Concurrency: clients, NoReuse: o.Fresh}})
		}
	}
	p.FewestGroups = o.fewestGroups()
	o.often(&p)
	o.appoint(&p)
	return p
}
