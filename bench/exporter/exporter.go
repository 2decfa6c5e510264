// Package exporter renders the counters of a workload program as a Prometheus page. Workload programs do not link the
// Prometheus library themselves, for the reason in package workload.
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

// Render reads a contract.Snapshot as JSON and writes the page as an HTTP response: the header, an empty line, and the
// body. The page has the format that the request's headers accept.
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
	response := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(response, request)
	if response.Code != http.StatusOK {
		return fmt.Errorf("rendering: %s", response.Body)
	}
	if err := response.Header().Write(out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\r\n%s", response.Body)
	return err
}

func processCollector(pid int) prometheus.Collector {
	return collectors.NewProcessCollector(collectors.ProcessCollectorOpts{PidFn: func() (int, error) { return pid, nil }})
}
