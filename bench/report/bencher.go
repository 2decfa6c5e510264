package report

import (
	"io"

	"forktax/bench/analysis"
)

// A bencherMetric is a value that Bencher keeps, with the bounds between which most blocks lie, if they are known.
type bencherMetric struct {
	Value float64  `json:"value"`
	Lower *float64 `json:"lower_value,omitempty"`
	Upper *float64 `json:"upper_value,omitempty"`
}

// bencherMeasures are the slugs of Bencher's measures by metric. It has the first two itself, in nanoseconds and
// operations a second; it makes others when it meets them.
var bencherMeasures = map[string]string{
	analysis.MetricResponse:   "latency",
	analysis.MetricThroughput: "throughput",
	analysis.MetricResponse90: "latency-p90",
	analysis.MetricCPU:        "cpu-per-request",
}

// Bencher prints the Bencher Metric Format, https://bencher.dev/docs/reference/bencher-metric-format: what bencher run
// --adapter json takes. Its latency is our response time. The cross-check's cells are left out.
func Bencher(w io.Writer, a *analysis.Analysis) error {
	all := map[string]map[string]bencherMetric{}
	for _, c := range a.OwnCells() {
		measures := map[string]bencherMetric{}
		for _, f := range exportValues(c) {
			measures[bencherMeasures[f.metric]] = bencherMetric{f.value, f.low, f.high}
		}
		if len(measures) > 0 {
			all[benchName(c.Cell)] = measures
		}
	}
	return indented(w, all)
}
