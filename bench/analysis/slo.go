package analysis

import (
	"fmt"
	"slices"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/units"
)

// A sloResult is what blocks of one cell say of the objective.
type sloResult struct {
	status record.ObjectiveStatus
	reason string // what gave out; "" if the objective is met
	detail string // in words: "the server did 850/s of 970/s"

	value     int64 // the percentile, in nanoseconds; 0 if there were too few requests
	disturbed bool  // it rests on response times, and most blocks are invalid
}

// What may give out at a rate.
const (
	causeResponse  = "response times"
	causeErrors    = "errors"    // requests failed
	causeOverload  = "overload"  // requests came faster than they were answered
	causeGenerator = "generator" // it could not keep up, so nothing is known of the server
	causeNetwork   = "network"   // connections were dropped
	causeTooFew    = "too few"   // requests for the percentile
)

const (
	// hopelessShare is the share of a planned rate below which no noisy moment is to blame.
	hopelessShare = 0.5
	// minRetransmit is after how long TCP sends again what was not acknowledged, at the soonest. What took less was not
	// hit by a connection that was dropped.
	minRetransmit = 200 * time.Millisecond
)

// evalSLO evaluates the run's objective by blocks of one cell, one or all that were measured. It must be called before
// propagateInvalid: that the other twin's block of the same round is invalid says nothing of this one.
//
// Where all blocks are invalid, they may still meet the objective: whatever the reason, it makes requests take longer,
// for they count from when they were intended. It only excuses that they do not.
func (m measurements) evalSLO(r *record.Result, blocks []record.Block) (sloResult, error) {
	if f, failed := m.requestFailure(blocks); failed {
		return f, nil
	}
	valid := slices.DeleteFunc(slices.Clone(blocks), func(b record.Block) bool {
		return timesInvalid(m.rounds[b.Round].reasons)
	})
	if len(valid) > 0 {
		f, err := m.evalBlocks(r, valid)
		return f.withSteal(valid), err
	}
	f, err := m.evalBlocks(r, blocks)
	if f.status == record.Met || f.reason == causeTooFew || err != nil {
		return f, err
	}
	return m.mainInvalidCause(blocks).withSteal(blocks), nil
}

// withSteal adds to the detail what the hypervisor took while the blocks were measured. It explains a rate that was
// missed, and does not excuse it.
func (f sloResult) withSteal(blocks []record.Block) sloResult {
	if s := sumSteal(blocks); s.noticeable() && f.status != record.Met && f.reason != causeTooFew {
		f.detail += fmt.Sprintf(", while the hypervisor took %s of the CPU time", units.Percent(s.share()))
	}
	return f
}

// evalBlocks evaluates the run's objective by blocks, all of which count.
func (m measurements) evalBlocks(r *record.Result, blocks []record.Block) (sloResult, error) {
	var response stats.Pool
	var rates []float64
	for _, b := range blocks {
		response = append(response, m.rounds[b.Round].response)
		p, err := achievedRate(r, b)
		if err != nil {
			return sloResult{}, err
		}
		rates = append(rates, p)
	}
	rps, o := r.Plan.Cells[blocks[0].Cell].Load.RateRPS, r.Plan.Objective
	reached := stats.Median(rates) // a queue that grows does so in each block, and a moment's noise is in one
	value, enough := response.Percentile(o.Percentile)
	switch {
	case !enough:
		return sloResult{status: record.Unclear, reason: causeTooFew, detail: "there were too few requests to tell"}, nil
	case reached < LeastReached:
		f := sloResult{status: record.Missed, reason: causeOverload, value: value,
			detail: fmt.Sprintf("the server did %s of %s", units.Rate(reached*rps), units.PlannedRate(rps))}
		if reached < hopelessShare {
			f.status = record.Failed
		}
		return f, nil
	case value > o.LimitNS:
		detail := fmt.Sprintf("its p%.6g was %s", o.Percentile*100, units.Duration(float64(value)))
		return sloResult{status: record.Missed, reason: causeResponse, detail: detail, value: value}, nil
	}
	return sloResult{status: record.Met, value: value}, nil
}

// requestFailure finds requests that failed, or were hit by a connection that was dropped. They are in no percentile,
// so one is one too many.
func (m measurements) requestFailure(blocks []record.Block) (f sloResult, ok bool) {
	classes, requests := Counts{}, 0
	cutOff := 0
	for _, b := range blocks {
		requests += b.Requests
		cutOff += b.CutOff()
		addCounts(classes, b.Errors)
	}
	if cutOff > 0 {
		detail := fmt.Sprintf("%d of %d requests had no response when the visit ended", cutOff, requests)
		return sloResult{status: record.Failed, reason: causeOverload, detail: detail}, true
	}
	if failed := (record.Block{Errors: classes}).Failed(); failed > 0 {
		detail := fmt.Sprintf("%d of %d requests failed: %s", failed, requests, classes)
		return sloResult{status: record.Failed, reason: causeErrors, detail: detail}, true
	}
	for _, b := range blocks {
		view := m.rounds[b.Round]
		n := len(view.response)
		// What took less was not hit; then it was somebody else's connection, for the machine counts all.
		hit := n > 0 && time.Duration(view.response[n-1]) >= minRetransmit
		if hit && slices.Contains(view.reasons, reasonNetwork) {
			return sloResult{status: record.Failed, reason: causeNetwork, detail: invalidCauses[reasonNetwork].detail}, true
		}
	}
	return sloResult{}, false
}

// invalidCauses says what gave out where all blocks are invalid. What is a cause of others comes before
// them: a collection makes the generator late.
var (
	invalidCauseOrder = []string{reasonCollection, reasonGenerator, reasonLag, reasonNetwork}
	invalidCauses     = map[string]struct{ reason, detail string }{
		reasonCollection: {causeGenerator, "the load generator collected garbage" + serverMayDoMore},
		reasonGenerator:  {causeGenerator, "the load generator was at its limit" + serverMayDoMore},
		reasonLag:        {causeGenerator, "the load generator could not keep up" + serverMayDoMore},
		reasonNetwork:    {causeNetwork, "connections were dropped, which may well be the server's backlog"},
	}
)

const serverMayDoMore = ", so the server may well do more"

// mainInvalidCause is why most of the blocks are invalid, of which none has valid times.
func (m measurements) mainInvalidCause(blocks []record.Block) sloResult {
	counted := Counts{}
	for _, b := range blocks {
		for _, reason := range m.rounds[b.Round].reasons {
			counted[reason]++
		}
	}
	most := slices.MaxFunc(invalidCauseOrder, func(a, b string) int { return counted[a] - counted[b] }) // the first of equals
	return sloResult{status: record.Unclear, reason: invalidCauses[most].reason, detail: invalidCauses[most].detail}
}
