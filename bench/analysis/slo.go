package analysis

import (
	"fmt"
	"slices"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/units"
)

// A sloResult is the result of evaluating the objective for blocks of one cell.
type sloResult struct {
	status record.ObjectiveStatus
	reason string // why the objective was missed, one of the causes below; "" if it is met
	detail string // the reason in words: "the server reached 850/s of 970/s"

	value     int64 // the percentile, in nanoseconds; 0 if there were too few requests
	disturbed bool  // the result depends on response times, and most blocks are invalid
}

// Causes of a missed objective.
const (
	causeResponse  = "response times"
	causeErrors    = "errors"    // requests failed
	causeOverload  = "overload"  // requests arrived faster than they finished
	causeGenerator = "generator" // the generator could not keep up, so the server's limit is unknown
	causeNetwork   = "network"   // connections were dropped
	causeTooFew    = "too few"   // too few requests for the percentile
)

const (
	// hopelessShare is the reached share of a planned rate below which a moment of noise cannot be the cause.
	hopelessShare = 0.5
	// minRetransmit is the shortest time after which TCP retransmits an unacknowledged segment. Faster requests were not
	// affected by a dropped connection.
	minRetransmit = 200 * time.Millisecond
)

// evalSLO evaluates the run's objective for one block or all blocks of a cell. Call it before propagateInvalid: an
// invalid block of the other model in the same round does not affect the objective.
//
// If all blocks are invalid, they can still meet the objective: any reason makes requests take longer, because response
// times count from the intended start. It only excuses a missed objective.
func (m measurements) evalSLO(r *record.Result, blocks []record.Block) (sloResult, error) {
	if f, failed := m.requestFailure(blocks); failed {
		return f, nil
	}
	all := blocks
	blocks = slices.DeleteFunc(slices.Clone(blocks), func(b record.Block) bool { // which had a lower rate
		return slices.Contains(m.rounds[b.Round].reasons, reasonPart)
	})
	if len(blocks) == 0 {
		return m.mainInvalidCause(all).withSteal(all), nil
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

// withSteal adds the steal during the blocks to the detail. Steal explains a missed objective but does not excuse it.
func (f sloResult) withSteal(blocks []record.Block) sloResult {
	if s := sumSteal(blocks); s.noticeable() && f.status != record.Met && f.reason != causeTooFew {
		f.detail += fmt.Sprintf(", while the hypervisor took %s of the CPU time", units.Percent(s.share()))
	}
	return f
}

// evalBlocks evaluates the run's objective for all of these blocks.
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
	reached := stats.Median(rates) // an overload grows the queue in each block, a moment of noise only in one
	value, enough := response.Percentile(o.Percentile)
	switch {
	case !enough:
		return sloResult{status: record.Unclear, reason: causeTooFew, detail: "there were too few requests to decide"}, nil
	case reached < LeastReached:
		f := sloResult{status: record.Missed, reason: causeOverload, value: value,
			detail: fmt.Sprintf("the server reached %s of %s", units.Rate(reached*rps), units.PlannedRate(rps))}
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

// requestFailure reports whether requests failed or were affected by a dropped connection, with the result in that
// case. Failed requests are in no percentile, so a single one misses the objective.
func (m measurements) requestFailure(blocks []record.Block) (f sloResult, ok bool) {
	classes, requests := Counts{}, 0
	cutOff := 0
	for _, b := range blocks {
		requests += b.Requests
		cutOff += b.CutOff()
		addCounts(classes, b.Errors)
	}
	if cutOff > 0 {
		detail := fmt.Sprintf("%d of %d requests had no response when the block ended", cutOff, requests)
		return sloResult{status: record.Failed, reason: causeOverload, detail: detail}, true
	}
	if failed := (record.Block{Errors: classes}).Failed(); failed > 0 {
		detail := fmt.Sprintf("%d of %d requests failed: %s", failed, requests, classes)
		return sloResult{status: record.Failed, reason: causeErrors, detail: detail}, true
	}
	for _, b := range blocks {
		view := m.rounds[b.Round]
		n := view.response.Len()
		// The machine counts all connections. If all requests were faster, another program's connection was dropped.
		affected := n > 0 && time.Duration(view.response.Max()) >= minRetransmit
		if affected && slices.Contains(view.reasons, reasonNetwork) {
			return sloResult{status: record.Failed, reason: causeNetwork, detail: invalidCauses[reasonNetwork].detail}, true
		}
	}
	return sloResult{}, false
}

// invalidCauses holds the cause of a missed objective if all blocks are invalid, by their reason. invalidCauseOrder
// lists a reason before those that it causes: a garbage collection makes the generator late.
var (
	invalidCauseOrder = []string{reasonPart, reasonCollection, reasonGenerator, reasonLag, reasonNetwork}
	invalidCauses     = map[string]struct{ reason, detail string }{
		reasonPart:       {causeGenerator, "not all parts measured at the same time" + serverMayDoMore},
		reasonCollection: {causeGenerator, "the load generator collected garbage" + serverMayDoMore},
		reasonGenerator:  {causeGenerator, "the load generator was at its limit" + serverMayDoMore},
		reasonLag:        {causeGenerator, "the load generator could not keep up" + serverMayDoMore},
		reasonNetwork:    {causeNetwork, "connections were dropped, possibly because the server's listen backlog is full"},
	}
)

const serverMayDoMore = ", so the server may sustain more"

// mainInvalidCause returns the result for blocks none of which has valid times: the reason of most of them.
func (m measurements) mainInvalidCause(blocks []record.Block) sloResult {
	counted := Counts{}
	for _, b := range blocks {
		for _, reason := range m.rounds[b.Round].reasons {
			counted[reason]++
		}
	}
	// MaxFunc returns the first of equal ones.
	most := slices.MaxFunc(invalidCauseOrder, func(a, b string) int { return counted[a] - counted[b] })
	return sloResult{status: record.Unclear, reason: invalidCauses[most].reason, detail: invalidCauses[most].detail}
}
