package live

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"forktax/bench"
	"forktax/bench/load"
)

// A target that takes half a second for each answer, and can give many at once, gets the rate that was asked for: an open loop
// waits for nobody. If visits waited for the last answers, it would get a third.
func TestOpenLoopWaitsForNobody(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(500 * time.Millisecond)
		w.Write([]byte("hello\n"))
	}))
	defer slow.Close()
	const seconds, rate = 4, 40.0
	ctx, cancel := context.WithTimeout(t.Context(), seconds*time.Second)
	defer cancel()
	var engines []bench.Engine
	for range turns {
		engines = append(engines, load.Engines()[load.Default])
	}
	s := &side{target: &bench.Target{URL: slow.URL}}
	s.drive(ctx, engines, bench.Request{Method: "GET", Path: "/", Want: bench.Want{Body: "hello\n"}}, Setup{RateRPS: rate}.load())
	if s.failure != "" || s.errors > 0 {
		t.Fatalf("%d errors, %s", s.errors, s.failure)
	}
	// Visits of 250 ms tell of their answers 500 ms later: of 16, the last three do not.
	if s.requests < seconds*rate/2 || s.requests > seconds*rate*3/2 {
		t.Errorf("%d answers in %d s at %g/s", s.requests, seconds, rate)
	}
}
