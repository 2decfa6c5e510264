package calibrate_test

import (
	"testing"
	"time"

	"forktax/bench/calibrate"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// The server serves one at a time, in order, for as long as it is asked to, and says when it did.
func TestTruthSerial(t *testing.T) {
	const service, n, clients = 3 * ms, 20, 4
	for _, spin := range []bool{false, true} {
		seen, real, err := calibrate.Visit(t.Context(), newLab(), calibrate.ServiceSpec{Time: service, Serial: true, Spin: spin},
			plan.Load{Kind: plan.Closed, Concurrency: clients}, n, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) != len(real) || len(seen) < n {
			t.Fatalf("%d observations of %d requests, want %d or more of both", len(seen), len(real), n)
		}
		first, last := real[0].Arrived, int64(0)
		for i, s := range real {
			if least := first + int64(i+1)*int64(service); s.Answered < least {
				t.Errorf("request %d was answered %v before the server can have served it", i, time.Duration(least-s.Answered))
			}
			last = max(last, s.Answered)
		}
		for _, o := range seen {
			if o.Err != "" || o.Service() < service {
				t.Errorf("a request took %v (%s), want %v or more", o.Service(), o.Err, service)
			}
		}
	}
}

// Answers fail as often as they are to, and stand still while the server does.
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
			t.Errorf("observation %d is %q, and the server says failed: %v", i, o.Err, real[i].Failed)
		}
		if real[i].Failed {
			failed++
			continue
		}
		longest = max(longest, o.Service())
		if o.Service() < real[i].Took() {
			t.Errorf("observation %d took %v, and the server %v", i, o.Service(), real[i].Took())
		}
		if o.FirstByte-o.Sent > o.Done-o.FirstByte && real[i].Took() < 2*ms && i > 0 && o.Service() < 2*ms {
			t.Logf("the first half of observation %d came late", i) // which noise may do
		}
	}
	if want := len(real) / 4; failed != want {
		t.Errorf("%d of %d failed, want %d", failed, len(real), want)
	}
	if longest < still/2 {
		t.Errorf("the longest took %v, and the server stood still for %v", longest, still)
	}
}

// A generator that is paused for 200 ms has requests that it sent that much too late, and the analysis says so.
func TestPausedGenerator(t *testing.T) {
	const stopped = 200 * ms
	seen, accused, err := calibrate.Paused(t.Context(), newLab(), plan.Load{Kind: plan.Open, Concurrency: 100, RateRPS: 200,
		Arrivals: "constant"}, 600*ms, 200*ms, stopped)
	if err != nil {
		t.Fatal(err)
	}
	var most time.Duration
	for _, o := range seen {
		most = max(most, o.Lag())
	}
	if len(seen) != 120 || most < stopped/2 || accused == "" {
		t.Errorf("%d observations, the latest sent %v too late, accused of %q; want 120, about %v, and lag", len(seen), most,
			accused, stopped)
	}
}
