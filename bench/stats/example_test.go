package stats_test

import (
	"fmt"
	"math"

	"forktax/bench/stats"
)

// The example has ten pairs of blocks: the median response times, in milliseconds, of a resident process and of CGI.
// Each candidate is 5% slower than its baseline, apart from the noise of the pair.
func Example() {
	baseline := []float64{2.00, 2.40, 1.90, 2.10, 3.00, 2.20, 2.00, 2.50, 1.80, 2.10}
	candidate := []float64{2.12, 2.51, 2.00, 2.18, 3.17, 2.33, 2.09, 2.62, 1.90, 2.19}

	d := make([]float64, len(baseline))
	for i := range d {
		d[i] = math.Log(candidate[i] / baseline[i])
	}
	iv, ok := stats.SignedRank(d, 0.95)
	if !ok {
		fmt.Println("too few pairs")
		return
	}
	fmt.Printf("ratio %.3f, %.1f%% interval %.3f to %.3f, %d pairs\n",
		math.Exp(iv.Estimate), 100*iv.Confidence, math.Exp(iv.Low), math.Exp(iv.High), iv.N)
	fmt.Printf("p that it is at most 1.02: %.4f\n", stats.SignedRankP(d, math.Log(1.02)))
	fmt.Printf("smallest change that would have been found: %+.1f%%\n", 100*stats.MDE(d))
	// Output:
	// ratio 1.051, 95.1% interval 1.045 to 1.056, 10 pairs
	// p that it is at most 1.02: 0.0010
	// smallest change that would have been found: +0.9%
}
