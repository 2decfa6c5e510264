//go:build linux

package load_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"forktax/bench"
	"forktax/bench/load"
)

// BenchmarkStall holds the engine against what must come out when a server that answers one request at a time stops for
// S = 0.5 s once in T = 10 s. It serves each for s = 1 ms, and requests arrive evenly at 100/s, so ρ = 0.1. Those that
// arrive while it stands still wait for its end, and behind each other: the k-th is answered S − k·(1−ρ)/rate + s after
// it was intended, so the quantile is Q(q) = S − (1−ρ)·(1−q)·T + s for q from 1 − S/((1−ρ)·T), here 94.4 %, on.
func BenchmarkStall(b *testing.B) {
	const (
		stall, total, service = 500 * time.Millisecond, 10 * time.Second, time.Millisecond
		rate                  = 100
	)
	rho := rate * service.Seconds()
	for range b.N {
		var serial sync.Mutex
		began := time.Now()
		var once sync.Once
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			serial.Lock()
			defer serial.Unlock()
			if time.Since(began) > total/2 {
				once.Do(func() { time.Sleep(stall) })
			}
			for end := time.Now().Add(service); time.Now().Before(end); {
			}
		}))
		var seen responses
		var engine load.Epoll
		err := engine.Run(b.Context(), bench.Visit{URL: server.URL, Request: bench.Request{Method: "GET", Path: "/"}, Length: total,
			Load: bench.Load{Kind: bench.Open, Concurrency: 200, RateRPS: rate, Arrivals: load.Constant}}, &seen)
		server.Close()
		if err != nil {
			b.Fatal(err)
		}
		slices.Sort(seen)
		for _, q := range []float64{0.96, 0.97, 0.98, 0.99, 0.995, 0.999} {
			want := stall.Seconds() - (1-rho)*(1-q)*total.Seconds() + service.Seconds()
			got := seen[int(math.Ceil(q*float64(len(seen))))-1].Seconds()
			b.ReportMetric((got-want)*1000, fmt.Sprintf("p%g-off-by-ms", q*100))
		}
	}
	b.ReportMetric(0, "ns/op")
}

// responses is a recorder of response times.
type responses []time.Duration

func (r *responses) Observe(batch []bench.Observation) {
	for _, o := range batch {
		*r = append(*r, o.Response())
	}
}
