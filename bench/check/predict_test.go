package check_test

import (
	"math"
	"testing"
	"time"

	"forktax/bench/check"
	"forktax/bench/record"
	"forktax/bench/stats/sequential"
)

// alternating returns the blocks of starts that take 100 ms each, followed by visits of 30 ms to two cells at the same
// time, 10 ms apart.
func alternating(starts, visits int) (blocks []record.Block) {
	at := int64(0)
	for start := range starts {
		at += int64(100 * time.Millisecond)
		for range visits {
			for cell := range 2 {
				blocks = append(blocks, record.Block{Cell: cell, Start: start, BeganNS: at, LengthNS: int64(30 * time.Millisecond)})
			}
			at += int64(40 * time.Millisecond)
		}
		at -= int64(10 * time.Millisecond)
	}
	return blocks
}

// Gaps between visits count as measured time: a longer start has more of them.
func TestTimeOf(t *testing.T) {
	// 5 visits and 4 gaps: 0.19 s.
	measured, overhead := check.TimeOf(alternating(3, 5))
	if math.Abs(measured-0.57) > 1e-9 || math.Abs(overhead-0.1) > 1e-9 {
		t.Errorf("timeOf = %.4f, %.4f, want 0.57 and 0.1", measured, overhead)
	}
}

// Too few valid starts give an error: with too little data, no visible noise does not mean no noise.
func TestPredictError(t *testing.T) {
	for name, test := range map[string]struct {
		series sequential.Series
		valid  bool
	}{
		"no start":                      {sequential.Series{}, false},
		"no start is valid":             {sequential.Series{{}, {}, {}, {}, {}}, false},
		"one start is valid":            {sequential.Series{{}, {0.1, 0.2}, {}, {}, {}}, false},
		"three starts are valid":        {sequential.Series{{0.1}, {}, {0.2, 0.1}, {0.3}, {}}, false},
		"four starts are valid":         {sequential.Series{{0.1, -0.1}, {0.1}, {}, {-0.2}, {0.1, 0}}, true},
		"four starts of one pair alone": {sequential.Series{{0.1}, {0.2}, {-0.3}, {0.2}}, true},
	} {
		right := func(e float64, err error) bool {
			return (err == nil) == test.valid && (err != nil || e > 0 && e < 1)
		}
		if got, err := check.PredictError(test.series, alternating(5, 5), time.Minute); !right(got, err) {
			t.Errorf("%s: predictError = %v, %v", name, got, err)
		}
		if got, err := check.ReachedError(test.series, nil); !right(got, err) {
			t.Errorf("%s: reachedError = %v, %v", name, got, err)
		}
	}
}

// The reached error includes all starts, even if a look could decide earlier: here it would pass after eight.
func TestReachedError(t *testing.T) {
	var s sequential.Series
	for i := range 100 {
		s = append(s, []float64{float64(1-2*(i%2)) / 100})
	}
	// The standard deviation is 0.01, with a mean of 0: 0.01·√(100/99)/√100.
	if got, err := check.ReachedError(s, nil); err != nil || math.Abs(got-0.001005) > 1e-6 {
		t.Errorf("reachedError = %v, %v, want 0.001005", got, err)
	}
}
