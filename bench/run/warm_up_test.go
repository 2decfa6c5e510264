package run_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/subject"
)

// times returns an engine whose n-th visit, from 0, observes only responses with the time response(n).
func times(response func(visit int) time.Duration) *fakeEngine {
	e := &fakeEngine{}
	e.run = func(_ context.Context, v load.Visit, rec load.Recorder) error {
		took := response(len(e.visits) - 1)
		for range max(v.MinRequests, 1) {
			rec.Observe([]record.Observation{{Intended: 1, Sent: 1, FirstByte: 2, Done: 1 + took, Status: 200}})
		}
		return nil
	}
	return e
}

// warmPlan returns somePlan with one start and a warm-up.
func warmPlan() plan.Plan {
	p := somePlan()
	p.Starts, p.Rounds, p.WarmUpNS = 1, 1, int64(10*time.Second)
	return p
}

// A resident target is warmed up with its largest load until two windows agree; the windows are not evaluated. The
// model with a process per request is not warmed up.
func TestWarmUp(t *testing.T) {
	falling := []time.Duration{900, 500, 300, 200, 195, 190}
	e := times(func(visit int) time.Duration { return falling[min(visit, len(falling)-1)] * time.Microsecond })
	p := warmPlan()
	r := newRunner(t, p, &fakeLauncher{}, e)
	r.Agree = stats.Agree
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := read(t, r.Record.Dir)
	if len(got.Blocks) != 4 || len(got.Discarded) != 5 { // the fifth window is within 5% of the fourth
		t.Fatalf("%d blocks, %d discarded ones, want 4 and 5", len(got.Blocks), len(got.Discarded))
	}
	for i, b := range got.Discarded {
		if c := p.Cells[b.Cell]; !b.WarmUp || c.Model != "persistent" || b.Round != i || b.Requests != 16 {
			t.Errorf("discarded block %d: %+v", i, b)
		}
		if v := e.visits[i]; v.Load.Concurrency != 8 || v.Length != time.Millisecond {
			t.Errorf("window %d has %d clients for %v", i, v.Load.Concurrency, v.Length)
		}
	}
	if len(got.WarmUps) != 1 {
		t.Fatalf("warm-ups: %+v", got.WarmUps)
	}
	w := got.WarmUps[0]
	if w.LengthNS <= 0 {
		t.Errorf("LengthNS = %d, want more than 0", w.LengthNS)
	}
	w.LengthNS = 0
	want := record.WarmUp{Workload: "hello", Model: "persistent", Request: "hello", Steady: true}
	if diff := cmp.Diff(want, w); diff != "" {
		t.Errorf("warm-up (-want +got):\n%s", diff)
	}
}

// A warm-up whose windows never agree ends when the time is up, and is recorded as not steady.
func TestWarmUpTimeout(t *testing.T) {
	e := times(func(visit int) time.Duration {
		time.Sleep(5 * time.Millisecond)
		return time.Duration(1+visit%7*visit) * time.Millisecond
	})
	p := warmPlan()
	p.WarmUpNS = int64(60 * time.Millisecond)
	r := newRunner(t, p, &fakeLauncher{}, e)
	r.Agree = stats.Agree
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := read(t, r.Record.Dir)
	if len(got.WarmUps) != 1 || got.WarmUps[0].Steady || len(got.Blocks) != 4 || len(got.Discarded) < 2 {
		t.Errorf("warm-ups %+v, %d blocks, %d discarded blocks", got.WarmUps, len(got.Blocks), len(got.Discarded))
	}
}

// Failures end the warm-up of a target, but not the run.
func TestWarmUpWithFailures(t *testing.T) {
	e := &fakeEngine{}
	e.run = func(ctx context.Context, v load.Visit, rec load.Recorder) error {
		if v.MinRequests == 16 {
			rec.Observe([]record.Observation{{Err: record.ErrWrongStatus, Status: 500}})
			return nil
		}
		return oneResponse(ctx, v, rec)
	}
	r := newRunner(t, warmPlan(), &fakeLauncher{}, e)
	r.Agree = stats.Agree
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := read(t, r.Record.Dir)
	if len(got.WarmUps) != 1 || got.WarmUps[0].Steady || len(got.Discarded) != 1 || len(got.Blocks) != 4 {
		t.Errorf("warm-ups %+v, %d discarded blocks, %d others", got.WarmUps, len(got.Discarded), len(got.Blocks))
	}
}

// The curve has the cumulative cost of a new target, including its start, after 0, 1, 2, 10, 100 and 1,000 requests.
func TestCurve(t *testing.T) {
	e := times(func(int) time.Duration { return time.Microsecond })
	l := amended{&fakeLauncher{usage: growing()}, func(t *subject.Target) { t.Ready = time.Millisecond }}
	r := newRunner(t, warmPlan(), l, e)
	r.Agree = stats.Agree
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := read(t, r.Record.Dir).WarmUps[0]
	var want []record.CurvePoint
	for i, n := range []int{0, 1, 2, 10, 100, 1000} {
		want = append(want, record.CurvePoint{Requests: n, NS: 1e6 + int64(n)*1000, CPUNS: new(int64(2 * (i + 1)))})
	}
	if diff := cmp.Diff(want, w.Curve); diff != "" || w.ReadyNS != 1e6 {
		t.Errorf("ready after %d ns; curve (-want +got):\n%s", w.ReadyNS, diff)
	}
	for i, v := range e.visits[:5] {
		if v.Load.Concurrency != 1 || v.MinRequests != []int{1, 1, 8, 90, 900}[i] {
			t.Errorf("visit %d of the curve: %d clients, %d requests", i, v.Load.Concurrency, v.MinRequests)
		}
	}
}

// A slow first request neither ends the curve nor is cut off: later requests are faster.
func TestCurveAfterASlowFirstRequest(t *testing.T) {
	e := times(func(visit int) time.Duration {
		if visit == 0 {
			return 3 * time.Second
		}
		return time.Microsecond
	})
	l := amended{&fakeLauncher{usage: growing()}, func(t *subject.Target) { t.Ready = time.Millisecond }}
	r := newRunner(t, warmPlan(), l, e)
	r.Agree = stats.Agree
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	curve := read(t, r.Record.Dir).WarmUps[0].Curve
	if len(curve) != 6 || curve[1].NS != 3_001_000_000 || curve[5].NS != 3_001_999_000 {
		t.Errorf("the curve is %+v, want 6 points, from 3.001 s on", curve)
	}
	if got := e.visits[0].Grace; got != subject.DefaultTimeout {
		t.Errorf("the first request is waited for %v, want %v", got, subject.DefaultTimeout)
	}
}
