package report

import "forktax/bench/stats"

// percentiles of sorted values, the last of which, so many as timeouts, are only known to be at least what they are.
func percentiles(sorted []int64, timeouts int) Percentiles {
	p := Percentiles{P50: percentile(sorted, 0.5), P90: percentile(sorted, 0.9), P99: percentile(sorted, 0.99),
		P999: percentile(sorted, 0.999)}
	n := len(sorted)
	if n == 0 {
		return p
	}
	p.Max = new(sorted[n-1]) // a copy: the slice is used again
	if timeouts == 0 {
		return p
	}
	first := sorted[n-timeouts]
	for _, q := range []struct {
		name  string
		value *int64
	}{{"p50", p.P50}, {"p90", p.P90}, {"p99", p.P99}, {"p999", p.P999}, {"max", p.Max}} {
		if q.value != nil && *q.value >= first {
			p.AtLeast = append(p.AtLeast, q.name)
		}
	}
	return p
}

func percentile(sorted []int64, p float64) *int64 {
	if v, ok := stats.Percentile(sorted, p); ok {
		return &v
	}
	return nil
}
