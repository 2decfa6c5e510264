package run_test

import (
	"context"
	"testing"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// Visits to a target that cannot keep up with a rate take longer than planned. The run then ends within twice its
// budget all the same, with fewer starts of the targets.
func TestRunAtARateThatIsTooHighEndsByTime(t *testing.T) {
	const budget = 3 * time.Second
	p := timedPlan(budget)
	p.Cells, p.Strides, p.Starts, p.FewestStarts = p.Cells[:2], nil, 8, 3
	for i := range p.Cells {
		p.Cells[i].Load = plan.Load{Kind: plan.Open, RateRPS: 60_000, Concurrency: 1000}
	}
	r := newVirtualRun(t, p, 10*ms, 0, nil)
	r.runner.Engines = map[string]load.Engine{"fake": &fakeEngine{run: func(_ context.Context, v load.Visit,
		rec load.Recorder) error {
		if v.Grace != time.Second {
			t.Errorf("the visit waits for %v after its last arrival, want 1s", v.Grace)
		}
		r.now.Add(int64(v.Length + v.Grace))
		rec.Observe([]record.Observation{{Status: 200, Done: 1}, {Err: record.ErrNotSent}, {Err: record.ErrUnfinished}})
		return nil
	}}}
	r.runner.Missing = wanting(t, r.runner, 6, nil)
	took, blocks := r.run(t)
	if took > 2*budget || len(blocks) < 2 {
		t.Errorf("the run took %v for %d blocks, want each cell visited within %v", took, len(blocks), 2*budget)
	}
}
