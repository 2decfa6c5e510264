package report

import (
	"fmt"
	"slices"
	"time"

	"forktax/bench"
	"forktax/bench/stats"
)

// A finding is what blocks of one cell say of the objective.
type finding struct {
	verdict bench.Verdict
	reason  string // what gave out; "" if the objective is met
	detail  string // in words: "the server did 850/s of 970/s"
}

// What may give out at a rate.
const (
	gaveResponse  = "response times"
	gaveErrors    = "errors"    // requests failed
	gaveOverload  = "overload"  // requests came faster than they were answered
	gaveGenerator = "generator" // it could not keep up, so nothing is known of the server
	gaveMachine   = "machine"   // the hypervisor took it away, likewise
	gaveNetwork   = "network"   // connections were dropped
	gaveTooFew    = "too few"   // requests for the percentile
)

var tooFew = finding{bench.Unclear, gaveTooFew, "there were too few requests to tell"}

const (
	// hopeless is the share of a planned rate below which no noisy moment is to blame.
	hopeless = 0.5
	// soonestRepeat is after how long TCP sends again what was not acknowledged, at the soonest. What took less was not
	// hit by a connection that was dropped.
	soonestRepeat = 200 * time.Millisecond
)

// hold holds blocks of one cell of the run, one or all, against the run's objective. It judges them by themselves: that
// the other twin was disturbed in the same round makes a pair invalid, and says nothing of this one.
func hold(r *bench.Result, blocks []bench.Block, steal map[int]float64) (finding, error) {
	alone, cell := *r, blocks[0].Cell
	alone.Blocks = blocks
	m, err := judge(&alone, cell, steal, 0)
	if err != nil {
		return finding{}, err
	}
	if f, err := m.failure(&alone); f.reason != "" || err != nil {
		return f, err
	}
	response := m.responses()
	if response.Len() == 0 {
		return m.disturbance(), nil
	}
	if f, err := m.overload(&alone, r.Plan.Cells[cell].Load.RateRPS); f.reason != "" || err != nil {
		return f, err
	}
	return against(*r.Plan.Objective, response), nil
}

// against holds response times against the objective.
func against(o bench.Objective, response stats.Pool) finding {
	value, enough := response.Percentile(o.Percentile)
	switch {
	case !enough:
		return tooFew
	case value > o.LimitNS:
		detail := fmt.Sprintf("its p%.6g was %s", o.Percentile*100, duration(float64(value)))
		return finding{bench.Missed, gaveResponse, detail}
	}
	return finding{verdict: bench.Met}
}

// failure finds requests that failed, or were hit by a connection that was dropped. They are in no percentile, so one
// is one too many.
func (m measurements) failure(r *bench.Result) (finding, error) {
	if failed := (bench.Block{Errors: m.errors}).Failed(); failed > 0 {
		detail := fmt.Sprintf("%d of %d requests failed: %s", failed, m.requests, m.errors)
		return finding{bench.Failed, gaveErrors, detail}, nil
	}
	for _, b := range r.Blocks {
		if !slices.Contains(m.rounds[b.Round].reasons, reasonNetwork) {
			continue
		}
		for o, err := range r.Observations(b) {
			if err != nil {
				return finding{}, err
			}
			if counts(o, b) && o.Response() >= soonestRepeat { // else it was somebody else's; the machine counts all
				return finding{bench.Failed, gaveNetwork, disturbances[reasonNetwork].detail}, nil
			}
		}
	}
	return finding{}, nil
}

// overload finds that a rate was not sustained, by the median block: a queue that grows does so in each, and a moment's
// noise is in one.
func (m measurements) overload(r *bench.Result, rps float64) (finding, error) {
	var paces []float64
	for _, b := range r.Blocks {
		if disturbed(m.rounds[b.Round].reasons) {
			continue
		}
		p, err := pace(r, b)
		if err != nil {
			return finding{}, err
		}
		paces = append(paces, p)
	}
	reached := stats.Median(paces)
	if reached >= LeastReached {
		return finding{}, nil
	}
	f := finding{bench.Missed, gaveOverload, fmt.Sprintf("the server did %s of %s", rate(reached*rps), planned(rps))}
	if reached < hopeless {
		f.verdict = bench.Failed
	}
	return f, nil
}

// disturbances says what gave out where nothing is left but what was disturbed. What is a cause of others comes before
// them: a machine that was taken away makes the generator late.
var (
	causes       = []string{reasonSteal, reasonCollection, reasonGenerator, reasonLag, reasonNetwork}
	disturbances = map[string]struct{ reason, detail string }{
		reasonSteal:      {gaveMachine, "the hypervisor took processor time away" + perhapsMore},
		reasonCollection: {gaveGenerator, "the load generator collected garbage" + perhapsMore},
		reasonGenerator:  {gaveGenerator, "the load generator was at its limit" + perhapsMore},
		reasonLag:        {gaveGenerator, "the load generator could not keep up" + perhapsMore},
		reasonNetwork:    {gaveNetwork, "connections were dropped, which may well be the server's backlog"},
	}
)

const perhapsMore = ", so the server may well do more"

// disturbance is what disturbed most of the blocks, none of which has anything to say.
func (m measurements) disturbance() finding {
	blocks := Counts{}
	for _, b := range m.rounds {
		for _, reason := range b.reasons {
			blocks[reason]++
		}
	}
	most := slices.MaxFunc(causes, func(a, b string) int { return blocks[a] - blocks[b] }) // the first of equals
	if blocks[most] == 0 {
		return tooFew
	}
	return finding{bench.Unclear, disturbances[most].reason, disturbances[most].detail}
}
