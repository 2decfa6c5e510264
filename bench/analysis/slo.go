package analysis

import (
	"fmt"
	"slices"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/units"
)

// A finding is what blocks of one cell say of the objective.
type finding struct {
	verdict record.Verdict
	reason  string // what gave out; "" if the objective is met
	detail  string // in words: "the server did 850/s of 970/s"
}

// What may give out at a rate.
const (
	gaveResponse  = "response times"
	gaveErrors    = "errors"    // requests failed
	gaveOverload  = "overload"  // requests came faster than they were answered
	gaveGenerator = "generator" // it could not keep up, so nothing is known of the server
	gaveNetwork   = "network"   // connections were dropped
	gaveTooFew    = "too few"   // requests for the percentile
)

const (
	// hopeless is the share of a planned rate below which no noisy moment is to blame.
	hopeless = 0.5
	// soonestRepeat is after how long TCP sends again what was not acknowledged, at the soonest. What took less was not
	// hit by a connection that was dropped.
	soonestRepeat = 200 * time.Millisecond
)

// hold holds blocks of one cell, one or all that were measured, against the run's objective. They must not have been
// spoilt yet: that the other twin was disturbed in the same round makes a pair invalid, and says nothing of this one.
//
// Where all blocks were disturbed, they may still meet the objective: whatever disturbs makes requests take longer, for
// they count from when they were intended. It only excuses that they do not.
func (m measurements) hold(r *record.Result, blocks []record.Block) (finding, error) {
	if f, failed := m.failure(blocks); failed {
		return f, nil
	}
	sound := slices.DeleteFunc(slices.Clone(blocks), func(b record.Block) bool {
		return disturbed(m.rounds[b.Round].reasons)
	})
	if len(sound) > 0 {
		f, err := m.against(r, sound)
		return f.withSteal(sound), err
	}
	f, err := m.against(r, blocks)
	if f.verdict == record.Met || f.reason == gaveTooFew || err != nil {
		return f, err
	}
	return m.disturbance(blocks).withSteal(blocks), nil
}

// withSteal adds to the detail what the hypervisor took while the blocks were measured. It explains a rate that was
// missed, and does not excuse it.
func (f finding) withSteal(blocks []record.Block) finding {
	if s := stolen(blocks); s.noticeable() && f.verdict != record.Met && f.reason != gaveTooFew {
		f.detail += fmt.Sprintf(", while the hypervisor took %s of the CPU time", units.Percent(s.share()))
	}
	return f
}

// against holds blocks, all of which count, against the run's objective.
func (m measurements) against(r *record.Result, blocks []record.Block) (finding, error) {
	var response stats.Pool
	var paces []float64
	for _, b := range blocks {
		response = append(response, m.rounds[b.Round].response)
		p, err := pace(r, b)
		if err != nil {
			return finding{}, err
		}
		paces = append(paces, p)
	}
	rps, o := r.Plan.Cells[blocks[0].Cell].Load.RateRPS, r.Plan.Objective
	reached := stats.Median(paces) // a queue that grows does so in each block, and a moment's noise is in one
	value, enough := response.Percentile(o.Percentile)
	switch {
	case !enough:
		return finding{record.Unclear, gaveTooFew, "there were too few requests to tell"}, nil
	case reached < LeastReached:
		f := finding{record.Missed, gaveOverload,
			fmt.Sprintf("the server did %s of %s", units.Rate(reached*rps), units.PlannedRate(rps))}
		if reached < hopeless {
			f.verdict = record.Failed
		}
		return f, nil
	case value > o.LimitNS:
		detail := fmt.Sprintf("its p%.6g was %s", o.Percentile*100, units.Duration(float64(value)))
		return finding{record.Missed, gaveResponse, detail}, nil
	}
	return finding{verdict: record.Met}, nil
}

// failure finds requests that failed, or were hit by a connection that was dropped. They are in no percentile, so one
// is one too many.
func (m measurements) failure(blocks []record.Block) (f finding, ok bool) {
	classes, requests := Counts{}, 0
	for _, b := range blocks {
		requests += b.Requests
		addCounts(classes, b.Errors)
	}
	if failed := (record.Block{Errors: classes}).Failed(); failed > 0 {
		detail := fmt.Sprintf("%d of %d requests failed: %s", failed, requests, classes)
		return finding{record.Failed, gaveErrors, detail}, true
	}
	for _, b := range blocks {
		view := m.rounds[b.Round]
		n := len(view.response)
		// What took less was not hit; then it was somebody else's connection, for the machine counts all.
		hit := n > 0 && time.Duration(view.response[n-1]) >= soonestRepeat
		if hit && slices.Contains(view.reasons, reasonNetwork) {
			return finding{record.Failed, gaveNetwork, disturbances[reasonNetwork].detail}, true
		}
	}
	return finding{}, false
}

// disturbances says what gave out where nothing is left but what was disturbed. What is a cause of others comes before
// them: a collection makes the generator late.
var (
	causes       = []string{reasonCollection, reasonGenerator, reasonLag, reasonNetwork}
	disturbances = map[string]struct{ reason, detail string }{
		reasonCollection: {gaveGenerator, "the load generator collected garbage" + perhapsMore},
		reasonGenerator:  {gaveGenerator, "the load generator was at its limit" + perhapsMore},
		reasonLag:        {gaveGenerator, "the load generator could not keep up" + perhapsMore},
		reasonNetwork:    {gaveNetwork, "connections were dropped, which may well be the server's backlog"},
	}
)

const perhapsMore = ", so the server may well do more"

// disturbance is what disturbed most of the blocks, of which none is sound.
func (m measurements) disturbance(blocks []record.Block) finding {
	counted := Counts{}
	for _, b := range blocks {
		for _, reason := range m.rounds[b.Round].reasons {
			counted[reason]++
		}
	}
	most := slices.MaxFunc(causes, func(a, b string) int { return counted[a] - counted[b] }) // the first of equals
	return finding{record.Unclear, disturbances[most].reason, disturbances[most].detail}
}
