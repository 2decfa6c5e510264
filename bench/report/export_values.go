package report

import (
	"slices"
	"strings"

	"forktax/bench/analysis"
)

// metrics has the names of each metric: in a sentence; in the Go benchmark format, where ns/op is the median, not the
// mean as in package testing; and for Bencher. Bencher has latency and throughput built in, and creates other measures
// on first use.
var metrics = map[string]struct{ spoken, bench, bencher string }{
	analysis.MetricResponse:   {"median response time", "ns/op", "latency"},
	analysis.MetricResponse90: {"p90 of response times", "p90-ns/op", "latency-p90"},
	analysis.MetricResponse99: {spoken: "p99 of response times"},
	analysis.MetricThroughput: {"throughput", "req/s", "throughput"},
	analysis.MetricCPU:        {"CPU time per request", "cpu-ns/op", "cpu-per-request"},
	analysis.MetricFaults:     {spoken: "page faults per request"},
	analysis.CountProcesses:   {spoken: "processes per start"},
	analysis.CountFiles:       {spoken: "files opened per start"},
	analysis.CountConnections: {spoken: "connections per start"},
	analysis.CountErrors:      {spoken: "failed requests"},
}

// spoken returns the name of a metric in a sentence.
func spoken(metric string) string {
	if m, ok := metrics[metric]; ok {
		return m.spoken
	}
	return strings.ReplaceAll(metric, "_", " ")
}

// An exportValue is one number of a cell for other tools, with the bounds between which most blocks lie, if known. Its
// JSON is a Bencher measure.
type exportValue struct {
	metric string
	Value  float64  `json:"value"`
	Low    *float64 `json:"lower_value,omitempty"`
	High   *float64 `json:"upper_value,omitempty"`
}

// exportValues returns the values of a cell for other tools, as far as known: median and p90 response time, CPU time
// per request and throughput. It leaves out the response times of an overloaded cell, which measure a queue, and
// percentiles of which only a lower bound is known.
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
	if !c.Overloaded && !slices.Contains(c.Response.AtLeast, "p50") {
		add(analysis.MetricResponse, analysis.Float(c.Response.P50))
	}
	if !c.Overloaded && !slices.Contains(c.Response.AtLeast, "p90") {
		add(analysis.MetricResponse90, analysis.Float(c.Response.P90))
	}
	add(analysis.MetricCPU, analysis.Float(c.CPUPerRequest))
	add(analysis.MetricThroughput, c.ThroughputRPS)
	return found
}
