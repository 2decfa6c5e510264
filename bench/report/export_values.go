package report

import (
	"strings"

	"forktax/bench/analysis"
)

// metrics are what metrics are called: in a sentence; in the Go benchmark format, where the median is in the place that
// testing gives the mean; and by Bencher, which has latency and throughput itself and makes others when it meets them.
var metrics = map[string]struct{ spoken, bench, bencher string }{
	analysis.MetricResponse:   {"median response time", "ns/op", "latency"},
	analysis.MetricResponse90: {"p90 of response times", "p90-ns/op", "latency-p90"},
	analysis.MetricResponse99: {spoken: "p99 of response times"},
	analysis.MetricThroughput: {"throughput", "req/s", "throughput"},
	analysis.MetricCPU:        {"CPU a request", "cpu-ns/op", "cpu-per-request"},
	analysis.MetricFaults:     {spoken: "page faults a request"},
	analysis.CountProcesses:   {spoken: "processes a start"},
	analysis.CountFiles:       {spoken: "files opened a start"},
	analysis.CountConnections: {spoken: "connections a start"},
	analysis.CountErrors:      {spoken: "failed requests"},
}

// spoken is what a metric is called in a sentence.
func spoken(metric string) string {
	if m, ok := metrics[metric]; ok {
		return m.spoken
	}
	return strings.ReplaceAll(metric, "_", " ")
}

// An exportValue is one number of a cell that other tools keep, with the bounds between which most blocks lie, if they
// are known. Its JSON is a measure of Bencher's.
type exportValue struct {
	metric string
	Value  float64  `json:"value"`
	Low    *float64 `json:"lower_value,omitempty"`
	High   *float64 `json:"upper_value,omitempty"`
}

// exportValues lists what other tools keep of a cell: medians, the ninth decile, CPU a request and throughput, as far
// as they are known. Response times of a cell that was overloaded are those of a queue, and left out.
func exportValues(c analysis.Cell) []exportValue {
	var found []exportValue
	add := func(metric string, value *float64) {
		if value == nil {
			return
		}
		v := exportValue{metric: metric, Value: *value}
		if low, high, ok := c.Spread(metric); ok && low <= *value && *value <= high {
			v.Low, v.High = &low, &high
		}
		found = append(found, v)
	}
	if !c.Overloaded {
		add(analysis.MetricResponse, analysis.Float(c.Response.P50))
		add(analysis.MetricResponse90, analysis.Float(c.Response.P90))
	}
	add(analysis.MetricCPU, analysis.Float(c.CPUPerRequest))
	add(analysis.MetricThroughput, c.ThroughputRPS)
	return found
}
