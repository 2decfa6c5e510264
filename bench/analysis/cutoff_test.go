package analysis_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// cutOffBlock returns a block of 300 requests in 250 ms, of which the target responds to this many; the others are cut
// off.
func cutOffBlock(responses int) []record.Observation {
	var block []record.Observation
	for i := range 300 {
		due := time.Duration(i) * 250 * time.Millisecond / 300
		o := record.Observation{Intended: due, Sent: due, Done: due + time.Millisecond, Status: 200}
		if i%300 >= responses {
			o = record.Observation{Intended: due, Sent: due, Done: 1250 * time.Millisecond, Err: record.ErrUnfinished}
		}
		block = append(block, o)
	}
	return block
}

// Requests that were cut off because the target could not keep up are only an overload; a few requests that were cut
// off are errors. Their response times are lower bounds.
func TestCutOffRequests(t *testing.T) {
	cells := analysistest.Twins()
	for i := range cells {
		cells[i].Load = plan.Load{Kind: plan.Open, RateRPS: 1200, Concurrency: 1000}
	}
	for name, test := range map[string]struct {
		responses  int
		overloaded bool
		invalid    int
	}{
		"most of them": {30, true, 0},
		"some of them": {297, false, 6},
		"none of them": {300, false, 0},
	} {
		m := analysistest.Fake{Cells: cells, Block: func(plan.Cell, int) []record.Observation {
			return cutOffBlock(test.responses)
		}}
		c := analysistest.Analyze(t, m.Record(t, 6)).Cells[0]
		if c.Overloaded != test.overloaded || c.InvalidBlocks != test.invalid || c.Errors != 6*(300-test.responses) {
			t.Errorf("%s: overloaded %t, %d invalid blocks, %d errors", name, c.Overloaded, c.InvalidBlocks, c.Errors)
		}
		if cut := slices.Contains(c.Response.AtLeast, "max"); cut != (test.responses < 300) {
			t.Errorf("%s: the response times %+v are lower bounds: %t", name, c.Response, cut)
		}
	}
}

// A rate at which requests were cut off misses the objective because of overload, not because of failed requests.
func TestCutOffMissesTheObjective(t *testing.T) {
	cells := analysistest.Twins()
	for i := range cells {
		cells[i].Load = plan.Load{Kind: plan.Open, RateRPS: 1200, Concurrency: 1000}
	}
	m := analysistest.Fake{Cells: cells, Block: func(plan.Cell, int) []record.Observation { return cutOffBlock(299) }}
	r := m.Record(t, 6)
	r.Plan.Objective = &plan.Objective{Percentile: 0.5, LimitNS: int64(time.Second)}
	a := analysistest.Analyze(t, r)
	if len(a.Knees) == 0 {
		t.Fatal("there is no knee")
	}
	for _, k := range a.Knees {
		if k.Reason != "overload" || !strings.Contains(k.Detail, "6 of 1800 requests had no response when the block ended") {
			t.Errorf("the knee is %+v, want an overload", k)
		}
	}
}
