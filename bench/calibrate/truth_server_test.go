package calibrate_test

import (
	"testing"
	"time"

	"forktax/bench/calibrate"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// A serial server serves one request at a time, in order and for the requested time, and records stamps.
func TestTruthSerial(t *testing.T) {
	const service, n, clients = 3 * ms, 20, 4
	for _, spin := range []bool{false, true} {
		seen, real, err := calibrate.Visit(t.Context(), newLab(),
			calibrate.ServiceSpec{Time: service, Serial: true, Spin: spin},
			plan.Load{Kind: plan.Closed, Concurrency: clients}, n, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) != len(real) || len(seen) < n {
			t.Fatalf("%d observations and %d stamps, want equal numbers of at least %d", len(seen), len(real), n)
		}
		first, last := real[0].Arrived, int64(0)
		for i, s := range real {
			if least := first + int64(i+1)*int64(service); s.Answered < least {
				t.Errorf("the response to request %d came %v before the earliest possible time", i,
					time.Duration(least-s.Answered))
			}
			last = max(last, s.Answered)
		}
		for _, o := range seen {
			if o.Err != "" || o.Service() < service {
				t.Errorf("a request took %v (%s), want at least %v", o.Service(), o.Err, service)
			}
		}
	}
}

// Every Fail-th response fails, and requests wait while the server is paused.
func TestTruthFailsAndStandsStill(t *testing.T) {
	const still = 50 * ms
	seen, real, err := calibrate.Visit(t.Context(), newLab(), calibrate.ServiceSpec{Time: ms, Halves: true, Fail: 4},
		plan.Load{Kind: plan.Closed, Concurrency: 1}, 40, 10*ms, still)
	if err != nil {
		t.Fatal(err)
	}
	failed, longest := 0, time.Duration(0)
	for i, o := range seen {
		if (o.Err == record.ErrWrongStatus) != real[i].Failed {
			t.Errorf("observation %d has error %q, but on the server failed = %v", i, o.Err, real[i].Failed)
		}
		if real[i].Failed {
			failed++
			continue
		}
		longest = max(longest, o.Service())
		if o.Service() < real[i].Took() {
			t.Errorf("observation %d took %v, want at least the server's %v", i, o.Service(), real[i].Took())
		}
		if o.FirstByte-o.Sent > o.Done-o.FirstByte && real[i].Took() < 2*ms && i > 0 && o.Service() < 2*ms {
			t.Logf("the headers of observation %d came late", i) // noise can cause this
		}
	}
	if want := len(real) / 4; failed != want {
		t.Errorf("%d of %d failed, want %d", failed, len(real), want)
	}
	if longest < still/2 {
		t.Errorf("the longest request took %v, but the server was paused for %v", longest, still)
	}
}

// A generator that is paused for 200 ms sends requests up to 200 ms late, and the analysis reports it.
func TestPausedGenerator(t *testing.T) {
	const stopped = 200 * ms
	seen, invalid, err := calibrate.Paused(t.Context(), newLab(), plan.Load{Kind: plan.Open, Concurrency: 100,
		RateRPS: 200, Arrivals: "constant"}, 600*ms, 200*ms, stopped)
	if err != nil {
		t.Fatal(err)
	}
	var most time.Duration
	for _, o := range seen {
		most = max(most, o.Lag())
	}
	if len(seen) != 120 || most < stopped/2 || invalid == "" {
		t.Errorf("%d observations, sent up to %v late, invalid for %q; want 120, about %v, and lag", len(seen), most,
			invalid, stopped)
	}
}
