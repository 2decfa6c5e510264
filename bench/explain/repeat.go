package explain

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"

	"forktax/bench/stats"
)

// repeatFor is the time after which measuring a slow program stops, once it has fewestStarts starts.
const repeatFor = 5 * time.Second

// repeat calls start the given number of times, or fewer if that takes longer than within, and stops at the first
// error. The garbage collector runs between the calls, never during one.
func repeat(ctx context.Context, times int, within time.Duration, start func() error) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	began := time.Now()
	for i := range times {
		if i >= fewestStarts && time.Since(began) > within {
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

// typical starts the program several times and parses the statistics that it logs. It returns the elements of the first
// start. In each, the numbers are medians over the elements of all starts with the same key.
func typical[T any, N ~int64](ctx context.Context, c Command, starts int, parse func(log []byte) []T,
	key func(T) string, numbers ...func(*T) *N) ([]T, error) {
	var runs [][]T
	err := repeat(ctx, starts, repeatFor, func() error {
		s, err := c.Run(ctx)
		runs = append(runs, parse(s.Log))
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, number := range numbers {
		values := map[string][]N{}
		for _, run := range runs {
			for i := range run {
				values[key(run[i])] = append(values[key(run[i])], *number(&run[i]))
			}
		}
		for i, first := range runs[0] {
			*number(&runs[0][i]) = median(values[key(first)])
		}
	}
	return runs[0], nil
}

// median is stats.Median for whole numbers; 0 if there are no values.
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

// medianOf returns the median over the starts of one of their numbers.
func medianOf[T ~int64](starts []Start, number func(Start) T) T {
	values := make([]T, len(starts))
	for i, s := range starts {
		values[i] = number(s)
	}
	return median(values)
}
