package explain

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"

	"forktax/bench/stats"
)

// Measuring a slow program is cut short: after so long, few starts are enough.
const (
	repeatFor   = 5 * time.Second
	fewestTimes = 6 // which a median needs; see stats.PercentileNeeds
)

// repeat calls start so many times, or fewer if they take longer than within, and stops at the first error. The
// collector of garbage runs between the calls, never in one.
func repeat(ctx context.Context, times int, within time.Duration, start func() error) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	began := time.Now()
	for i := range times {
		if i >= fewestTimes && time.Since(began) > within {
			break
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		runtime.GC()
		if err := start(); err != nil {
			return err
		}
	}
	return nil
}

// logged starts the command some times, and parses what it logs each time.
func logged[T any](ctx context.Context, c Command, starts int, parse func(log []byte) T) (all []T, err error) {
	err = repeat(ctx, starts, repeatFor, func() error {
		s, err := c.Run(ctx)
		all = append(all, parse(s.Log))
		return err
	})
	return all, err
}

// median is that of bench/stats, for whole numbers.
func median[T ~int64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	floats := make([]float64, len(values))
	for i, v := range values {
		floats[i] = float64(v)
	}
	return T(stats.Median(floats))
}

// medianOf is the median of one number of the starts.
func medianOf[T ~int64](starts []Start, number func(Start) T) T {
	values := make([]T, len(starts))
	for i, s := range starts {
		values[i] = number(s)
	}
	return median(values)
}
