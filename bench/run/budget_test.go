package run_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/subject"
)

// Visits to a target that cannot keep up with a rate take longer than planned. The run still ends within twice its
// budget, with fewer starts of the targets.
func TestRunAtTooHighRateEndsInTime(t *testing.T) {
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
			t.Errorf("Grace = %v, want 1s", v.Grace)
		}
		r.now.Add(int64(v.Length + v.Grace))
		rec.Observe([]record.Observation{{Status: 200, Done: 1}, {Err: record.ErrNotSent}, {Err: record.ErrUnfinished}})
		return nil
	}}}
	r.runner.Missing = wanting(t, r.runner, 6, nil)
	took, blocks := r.run(t)
	if took > 2*budget || len(blocks) < 2 {
		t.Errorf("run took %v for %d blocks, want at least 2 blocks within %v", took, len(blocks), 2*budget)
	}
}

// cutOffRun returns the runner of a run with one start, in which each visit is cut off.
func cutOffRun(t *testing.T, l *fakeLauncher, external bool) *run.Runner {
	p := timedPlan(time.Second)
	p.Cells, p.Strides, p.Starts = p.Cells[:2], nil, 1
	for i := range p.Cells {
		p.Cells[i].Load = plan.Load{Kind: plan.Open, RateRPS: 60_000, Concurrency: 1000}
	}
	r := newRunner(t, p, amended{l, func(target *subject.Target) { target.External = external }}, nil)
	r.Engines = map[string]load.Engine{"fake": &fakeEngine{run: func(_ context.Context, v load.Visit,
		rec load.Recorder) error {
		time.Sleep(200 * ms)
		rec.Observe([]record.Observation{{Status: 200, Done: 1}, {Err: record.ErrUnfinished}})
		return nil
	}}}
	return r
}

// After an overload, the run waits until the target responds before the next visit.
func TestSettleAfterOverload(t *testing.T) {
	for name, external := range map[string]bool{"external": true, "own": false} {
		t.Run(name, func(t *testing.T) {
			l := &fakeLauncher{}
			r := cutOffRun(t, l, external)
			if err := r.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			// Two requests verify the targets, and one precedes each visit except the first.
			blocks := len(read(t, r.Record.Dir).Blocks)
			if got, want := int(l.requests.Load()), 2+blocks-1; got != want {
				t.Errorf("targets got %d requests in a run of %d blocks, want %d", got, blocks, want)
			}
		})
	}
}

// A target that does not respond again within the time of the run ends the run.
func TestSettleTimeout(t *testing.T) {
	l := &fakeLauncher{}
	stuck := func(w http.ResponseWriter, r *http.Request) {
		if l.requests.Load() > 2 {
			<-r.Context().Done()
		}
	}
	l.handlers = map[string]http.HandlerFunc{"cgi": stuck, "persistent": stuck}
	err := cutOffRun(t, l, true).Run(t.Context())
	const want = "target cannot keep up with the rate and did not respond again within "
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "; use a lower rate or") {
		t.Errorf("Run = %v, want %q", err, want)
	}
}

func TestVisitWithAllRequestsCutOff(t *testing.T) {
	r := cutOffRun(t, &fakeLauncher{}, false)
	r.Engines = map[string]load.Engine{"fake": &fakeEngine{run: func(_ context.Context, _ load.Visit,
		rec load.Recorder) error {
		rec.Observe([]record.Observation{{Err: record.ErrUnfinished}, {Err: record.ErrNotSent}})
		return nil
	}}}
	const want = "no request got a right response: 1 not sent, 1 unfinished; not sent: from request 2 on; unfinished: " +
		"from the first request on; use a lower rate or a longer --budget"
	if err := r.Run(t.Context()); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("Run = %v, want %q", err, want)
	}
}
