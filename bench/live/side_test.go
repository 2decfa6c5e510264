package live

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// slow is an engine whose visits have ten responses, and last half a second longer than they should.
type slow struct{ visits *atomic.Int64 }

func (e slow) Run(ctx context.Context, v load.Visit, r load.Recorder) error {
	e.visits.Add(1)
	if !sleep(ctx, v.Length+500*time.Millisecond) {
		return ctx.Err()
	}
	r.Observe(slices.Repeat([]record.Observation{{Done: time.Millisecond}}, 10))
	return nil
}

// A target that takes half a second for each response, and serves many at once, gets the full rate, since an open loop
// does not wait for responses. If visits waited for the last responses, it would get a third. The rate of responses is
// that of the visits, whatever they lasted.
func TestOpenLoopWaitsForNobody(t *testing.T) {
	for _, test := range []struct {
		setup  Setup
		visits int64
		rate   float64
	}{{Setup{RateRPS: 40}, 16, 40}, {Setup{Clients: 4}, 6, 10 / 0.75}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second-1)
			defer cancel()
			var visits atomic.Int64
			s := &side{target: &subject.Target{}}
			s.drive(ctx, slices.Repeat([]load.Engine{slow{&visits}}, turns), contract.Request{}, test.setup.load())
			if n := visits.Load(); n != test.visits || s.failure != "" {
				t.Errorf("%s: %d visits in 4 s, failure %q; want %d", test.setup.load(), n, s.failure, test.visits)
			}
			if rate := s.rate(time.Now()); math.Abs(rate-test.rate) > 0.01 {
				t.Errorf("%s: %g responses per second, want %g", test.setup.load(), rate, test.rate)
			}
			if rate := s.rate(time.Now().Add(2 * longest)); rate != 0 {
				t.Errorf("%s: %g responses per second long after the last visit, want 0", test.setup.load(), rate)
			}
		})
	}
}

// broken is an engine whose visits fail.
type broken struct{ tries *atomic.Int64 }

func (b broken) Run(context.Context, load.Visit, load.Recorder) error {
	b.tries.Add(1)
	return errors.New("visit failed")
}

// A failed visit is repeated after a pause, in both kinds of loops, and its error is recorded.
func TestDriveRests(t *testing.T) {
	for _, setup := range []Setup{{Clients: 4}, {RateRPS: 10}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*errorPause-1)
			defer cancel()
			var tries atomic.Int64
			s := &side{target: &subject.Target{}}
			s.drive(ctx, []load.Engine{broken{&tries}}, contract.Request{}, setup.load())
			if n := tries.Load(); n != 10 || s.failure != "visit failed" {
				t.Errorf("%s: %d tries in 10 pauses, failure %q; want 10 tries and visit failed", setup.load(), n, s.failure)
			}
		})
	}
}

// The phases that a view shows are those of eight responses at random of all since the last view. With fewer, earlier
// ones stay.
func TestSampleOfPhases(t *testing.T) {
	s := &side{}
	add := func(from, to int64) {
		for us := from; us < to; us++ {
			s.sample([]Phase{{"handle", us}})
		}
	}
	shown := func(from, to int64) (n int) {
		for _, phases := range s.phases {
			if us := phases[0].US; from <= us && us < to {
				n++
			}
		}
		return n
	}
	early := 0
	for range 100 { // of each view's 1,000 responses, the first half is in the sample with a probability of a half
		add(0, 1000)
		early += shown(0, 500)
		s.withPhases = 0
	}
	if len(s.phases) != 8 || early < 300 || early > 500 { // 400 ± 14
		t.Errorf("%d of 800 phases are of the first half of a view, and %d are shown, want about 400, and 8", early,
			len(s.phases))
	}
	add(2000, 2003)
	if len(s.phases) != 8 || shown(2000, 2003) != 3 {
		t.Errorf("%d of %d phases are of the three new responses", shown(2000, 2003), len(s.phases))
	}
}
