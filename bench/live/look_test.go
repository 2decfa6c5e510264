package live

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"forktax/bench"
	"forktax/bench/load"
	"forktax/bench/program"
	"forktax/bench/stats"
)

// BenchmarkLooking says what it costs the resident twin's throughput that somebody looks: blocks of a second with and without
// in turn, for each b.N one pair. Run it alone, with -benchtime 40x.
func BenchmarkLooking(b *testing.B) {
	path := filepath.Join(b.TempDir(), "hello")
	if out, err := exec.Command("go", "build", "-tags", "netgo,osusergo", "-o", path, "forktax/cmd/hello").CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	p, err := program.Describe(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	l := program.Launcher{Dir: b.TempDir()}
	target, stop, err := l.Serve(b.Context(), p, program.Variant{Variant: bench.Variant{Model: bench.Baseline}})
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	engine := load.Engines()[load.Default]
	block := func(looked bool) float64 {
		s := &side{model: bench.Baseline, target: target, client: &http.Client{}}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ticker := time.NewTicker(views); looked; {
				_ = json.NewEncoder(io.Discard).Encode(s.look(ctx))
				select {
				case <-ctx.Done():
					ticker.Stop()
					return
				case <-ticker.C:
				}
			}
		}()
		begin := time.Now()
		v := bench.Visit{URL: target.URL, Request: p.Requests[0], Load: bench.Load{Kind: bench.Closed, Concurrency: 4}, Length: 4 * visit, AtLeast: 1}
		if err := engine.Run(ctx, v, s); err != nil {
			b.Fatal(err)
		}
		took := time.Since(begin)
		cancel()
		<-done
		return float64(s.requests) / took.Seconds()
	}
	var ratios []float64
	for i := range b.N {
		first := block(i%2 == 0)
		second := block(i%2 == 1)
		if i%2 == 0 {
			ratios = append(ratios, first/second)
		} else {
			ratios = append(ratios, second/first)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(100*(stats.Median(ratios)-1), "%")
}
