package analysis

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"forktax/bench/stats"
)

// Range and precision of the histograms: 1 ns to an hour, three significant digits.
const (
	hdrHighest = int64(time.Hour)
	hdrDigits  = 3
)

// histogram counts values in nanoseconds; values beyond the range count as its end.
func histogram(values stats.Pool) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, hdrHighest, hdrDigits)
	for _, block := range values {
		for _, v := range block {
			_ = h.RecordValue(min(max(v, 0), hdrHighest)) // fails only out of range
		}
	}
	return h
}
