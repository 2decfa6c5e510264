package analysis_test

import (
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/stats"
)

// A percentile of a histogram has the rank of stats.NearestRank. For the values 1 … n the value is the rank; a
// histogram of three digits distinguishes them up to 2,047.
func TestValueAt(t *testing.T) {
	h := hdrhistogram.New(1, int64(time.Hour), 3)
	if got := analysis.ValueAt(h, 0.5); got != 0 {
		t.Errorf("ValueAt of an empty histogram = %d, want 0", got)
	}
	for n := 1; n <= 2000; n++ {
		h.RecordValue(int64(n))
		if n > 120 && n%97 > 0 {
			continue
		}
		for _, p := range []float64{0.001, 0.07, 0.29, 0.5, 0.9, 0.99, 0.999, 1} {
			if got, want := analysis.ValueAt(h, p), int64(stats.NearestRank(p, n)); got != want {
				t.Errorf("ValueAt(1…%d, %g) = %d, want %d", n, p, got, want)
			}
		}
		if got := analysis.ValueAt(h, 0); got != 1 {
			t.Errorf("ValueAt(1…%d, 0) = %d, want 1", n, got)
		}
	}
}

// The p90 of 99 values is the 90th, ⌈89.1⌉, both in tables and in the histogram of the figures: 49 ms. Rounding would
// give the 89th: 27 ms.
func TestOneDefinitionOfPercentiles(t *testing.T) {
	m := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell("cgi", 1)},
		Block: func(plan.Cell, int) (all []record.Observation) {
			for i := range 99 {
				took := 27 * time.Millisecond
				if i >= 89 {
					took = 49 * time.Millisecond
				}
				all = append(all, analysistest.Response(took))
			}
			return all
		}}
	c := analysistest.Analyze(t, m.Record(t, 1)).Cells[0]
	if c.Response.P90 == nil || *c.Response.P90 != int64(49*time.Millisecond) {
		t.Errorf("the p90 of the table is %v, want 49 ms", c.Response.P90)
	}
	const bucket = 0.001 // width of a bucket, as a share of the value
	got := float64(analysis.ValueAt(c.Histogram, 0.9)) / float64(49*time.Millisecond)
	if got < 1-bucket || got > 1+bucket {
		t.Errorf("the p90 of the histogram is %.4f times 49 ms, want 1", got)
	}
}
