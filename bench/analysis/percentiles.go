package analysis

import "forktax/bench/stats"

// percentiles of values, the largest of which, so many as timeouts, are only known to be at least what they are.
func percentiles(values stats.Pool, timeouts int) Percentiles {
	p := Percentiles{P50: percentile(values, 0.5), P90: percentile(values, 0.9), P99: percentile(values, 0.99),
		P999: percentile(values, 0.999)}
	n := values.Len()
	if n == 0 {
		return p
	}
	p.Max = new(values.Rank(n))
	if timeouts == 0 {
		return p
	}
	first := values.Rank(n - timeouts + 1)
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

func percentile(values stats.Pool, p float64) *int64 {
	if v, ok := values.Percentile(p); ok {
		return &v
	}
	return nil
}
