// Package exporter renders what a serving program counted as a Prometheus page. It is the one place that knows
// Prometheus' library; package workload says why the programs themselves do without.
package exporter

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"forktax/workload/contract"
)

// Render reads a contract.Snapshot as JSON and writes the page, in the form that the request's headers ask for: the
// head of an HTTP answer, an empty line, and the body.
func Render(in io.Reader, out io.Writer, accept, acceptEncoding string) error {
	var s contract.Snapshot
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		return fmt.Errorf("reading the snapshot: %w", err)
	}
	registry := prometheus.NewRegistry()
	labels := prometheus.Labels{"workload": s.Workload, "model": s.Model}
	for _, c := range []prometheus.Collector{requestCollector{s, labels}, runtimeCollector{s}, processCollector(s.PID)} {
		if err := registry.Register(c); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", accept)
	request.Header.Set("Accept-Encoding", acceptEncoding)
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		return fmt.Errorf("rendering: %s", answer.Body)
	}
	if err := answer.Header().Write(out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\r\n%s", answer.Body)
	return err
}

func processCollector(pid int) prometheus.Collector {
	return collectors.NewProcessCollector(collectors.ProcessCollectorOpts{PidFn: func() (int, error) { return pid, nil }})
}
