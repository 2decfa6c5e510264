package live

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"forktax/bench/load"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A target that takes half a second for each response, and serves many at once, gets the full rate, since an open loop
// does not wait for responses. If visits waited for the last responses, it would get a third.
func TestOpenLoopWaitsForNobody(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(500 * time.Millisecond)
		w.Write([]byte("hello\n"))
	}))
	defer slow.Close()
	const seconds, rate = 4, 40.0
	ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
	defer cancel()
	var engines []load.Engine
	for range turns {
		engines = append(engines, load.Engines()[load.Default])
	}
	s := &side{target: &subject.Target{URL: slow.URL}}
	s.drive(ctx, engines, contract.Request{Method: "GET", Path: "/", Want: contract.Want{Body: "hello\n"}},
		Setup{RateRPS: rate}.load())
	if s.failure != "" || s.errors > 0 {
		t.Fatalf("%d errors, %s", s.errors, s.failure)
	}
	// A visit of 250 ms records its responses 500 ms later, so the last three of 16 visits record none.
	if s.requests < seconds*rate/2 || s.requests > seconds*rate*3/2 {
		t.Errorf("%d responses in %d s, want about %g per second", s.requests, seconds, rate)
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
