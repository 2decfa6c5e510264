package exporter

import (
	"math"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"forktax/workload/contract"
)

// requestCollector collects the program's counters of requests and children.
type requestCollector struct {
	snapshot contract.Snapshot
	labels   prometheus.Labels
}

// Describe implements prometheus.Collector. It sends nothing, since the metrics depend on the snapshot.
func (requestCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s requestCollector) Collect(out chan<- prometheus.Metric) {
	n := s.snapshot
	for status, count := range n.Requests {
		desc := s.desc("forktax_requests_total", "Requests served, by status.", "code")
		out <- prometheus.MustNewConstMetric(desc, counter, float64(count), strconv.Itoa(status))
	}
	for _, m := range []metric{
		{"forktax_children_started_total", "Child processes started to serve requests.", counter,
			float64(n.Usage.ProcessesStarted)},
		{"forktax_children_running", "Child processes currently running.", gauge, float64(n.ChildrenRunning)},
		{"forktax_children_failed_total", "Child processes that could not be started or sent no valid response.", counter,
			float64(n.ChildrenFailed)},
		{"forktax_queue_length", "Requests waiting for a child process.", gauge, float64(n.QueueLength)},
		{"forktax_queue_refused_total", "Requests rejected with status 503 because the queue was full.", counter,
			float64(n.QueueRefused)},
		{"forktax_connections_opened_total",
			"Connections opened to databases and LDAP servers, by the server and its children.",
			counter, float64(n.Usage.ConnectionsOpened)},
		{"forktax_cpu_seconds_total", "CPU time of the server and of its children that have ended.", counter,
			float64(n.Usage.CPUNS()) / 1e9},
	} {
		out <- prometheus.MustNewConstMetric(s.desc(m.name, m.help), m.kind, m.value)
	}
	out <- durations{s.desc("forktax_request_duration_seconds", "Time to serve a request, including its child process."),
		n.Durations, nil}
	for phase, counts := range n.Phases {
		desc := s.desc("forktax_phase_duration_seconds",
			"Parts of the time to serve a request: see docs/methodology.md.", "phase")
		out <- durations{desc, counts, []string{phase}}
	}
}

func (s requestCollector) desc(name, help string, variable ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, variable, s.labels)
}

// durations is a histogram with native buckets, as counted, and with a few classic buckets for the text format, which
// does not have native buckets.
type durations struct {
	desc   *prometheus.Desc
	counts contract.Durations
	labels []string // values of the variable labels
}

// Desc implements prometheus.Metric.
func (d durations) Desc() *prometheus.Desc { return d.desc }

// Write implements prometheus.Metric.
func (d durations) Write(out *dto.Metric) error {
	native := map[int]int64{}
	classic := map[float64]uint64{}
	for exponent := -13; exponent <= 4; exponent++ { // 0.12 ms to 16 s; all are bounds of native buckets, too
		classic[math.Exp2(float64(exponent))] = 0
	}
	var count uint64
	for i, n := range d.counts.Buckets {
		native[i] = n
		count += uint64(n)
		for bound := range classic {
			if float64(i) <= math.Log2(bound)*(1<<contract.DurationsSchema) {
				classic[bound] += uint64(n)
			}
		}
	}
	sum := float64(d.counts.SumNS) / 1e9
	exact, err := prometheus.NewConstNativeHistogram(d.desc, count, sum, native, nil, 0, contract.DurationsSchema, 1e-9,
		time.Time{}, d.labels...)
	if err != nil {
		return err
	}
	if err := exact.Write(out); err != nil {
		return err
	}
	coarse, err := prometheus.NewConstHistogram(d.desc, count, sum, classic, d.labels...)
	if err != nil {
		return err
	}
	var text dto.Metric
	if err := coarse.Write(&text); err != nil {
		return err
	}
	out.Histogram.Bucket = text.Histogram.Bucket
	out.Histogram.CreatedTimestamp = nil // unknown; a zero time would be sent as the year 1
	return nil
}
