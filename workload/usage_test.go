package workload_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forktax/workload/contract"
	"forktax/workload/probes"
)

// The CPU time of a handler is in the usage of each model, wherever it is executed.
func TestUsageHasWorkOfHandlers(t *testing.T) {
	for _, model := range allModels(t) {
		t.Run(model, func(t *testing.T) {
			s := startProgram(t, model)
			used := func() time.Duration {
				u := s.usage(t)
				return time.Duration(u.SelfCPUNS + u.ChildrenCPUNS)
			}
			before := used()
			if status, _ := s.text(t, s.url+"/burn"); status != http.StatusOK {
				t.Fatalf("GET /burn = %d; log:\n%s", status, s.log)
			}
			eventually(t, "the work is in the usage", func() bool { return used()-before > probes.Burnt/4 })
		})
	}
}

// The usage has the processes and connections of a model, including connections of children.
func TestUsage(t *testing.T) {
	const requests = 3
	for _, m := range contract.Models {
		if m.Host == contract.HostWorkers || m.Host == contract.HostProxy || !isOwn(m.Name) { // see package workers
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			childrenWanted := int64(0)
			if m.Process == contract.PerRequest {
				childrenWanted = requests
			}
			s := startProgram(t, m.Name)
			before := s.usage(t)
			const probe = time.Millisecond // a host starts a process that ends at once, to learn what the kernel can do
			if before.ProcessesStarted != 0 || before.ConnectionsOpened != 0 || before.ChildrenCPUNS > int64(probe) {
				t.Errorf("usage before any request = %+v, want no processes, connections and children", before)
			}
			for range requests {
				if status, _ := s.text(t, s.url+"/connect"); status != http.StatusOK {
					t.Fatalf("GET /connect = %d, want 200; log:\n%s", status, s.log)
				}
			}
			got := s.usage(t)
			if got.ProcessesStarted != childrenWanted {
				t.Errorf("%d processes started, want %d", got.ProcessesStarted, childrenWanted)
			}
			if got.ConnectionsOpened != requests { // the handler opens one under all models
				t.Errorf("%d connections opened, want %d", got.ConnectionsOpened, requests)
			}
			if has := got.ChildrenCPUNS > 0; has != (childrenWanted > 0) {
				t.Errorf("%d children used %v of CPU time", childrenWanted, time.Duration(got.ChildrenCPUNS))
			}
			const megabyte = 1 << 20 // a Go process has several
			if has := got.ChildPeakMemoryBytes > megabyte; has != (childrenWanted > 0) {
				t.Errorf("peak memory of %d children = %d bytes, want some megabytes, or 0 without children",
					childrenWanted, got.ChildPeakMemoryBytes)
			}
			if got.PeakMemoryBytes <= megabyte {
				t.Errorf("peak memory = %d bytes, want some megabytes", got.PeakMemoryBytes)
			}
			if got.SelfCPUNS <= before.SelfCPUNS || got.MinorFaults <= before.MinorFaults {
				t.Errorf("usage after requests = %+v, before %+v; want more", got, before)
			}
		})
	}
}

func TestMetricsWithoutExporter(t *testing.T) {
	t.Setenv(contract.EnvExporter, "")
	t.Setenv("PATH", "")
	s := start(t, sample, "persistent")
	status, body := s.text(t, s.admin+"/metrics")
	if status != http.StatusServiceUnavailable {
		t.Errorf("GET /metrics = %d, want 503", status)
	}
	for _, want := range []string{"forktax", "PATH", contract.EnvExporter} {
		if !strings.Contains(body, want) {
			t.Errorf("GET /metrics = %q, want %q in it", body, want)
		}
	}
}

// The output of the exporter is the response, header and body. The exporter gets the accepted types and a snapshot, and
// its CPU time is not in the usage of the workload.
func TestMetricsByExporter(t *testing.T) {
	path := exporter(t, `
i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done # about 0.1 s of CPU time, which must not be in the usage
printf 'Content-Type: text/x-metrics\nX-Given: %s\n\n' "$*"
cat`)
	s := startProgram(t, "persistent", contract.EnvExporter+"="+path)
	if status, _ := s.text(t, s.url+"/connect"); status != http.StatusOK {
		t.Fatalf("GET /connect = %d, want 200", status)
	}
	before := s.usage(t)
	req, err := http.NewRequest(http.MethodGet, s.admin+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/x-metrics;q=1")
	req.Header.Set("Accept-Encoding", "zstd")
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET /metrics = %s %q, %v; want 200", resp.Status, body, err)
	}
	if got := resp.Header.Get("Content-Type"); got != "text/x-metrics" {
		t.Errorf("Content-Type = %q, want that of the exporter", got)
	}
	if got, want := resp.Header.Get("X-Given"), "metrics --accept text/x-metrics;q=1 --accept-encoding zstd"; got != want {
		t.Errorf("arguments of the exporter = %q, want %q", got, want)
	}
	var shot contract.Snapshot
	if err := json.Unmarshal(body, &shot); err != nil {
		t.Fatalf("input of the exporter = %q: %v", body, err)
	}
	if shot.Workload != sample.Name || shot.Model != "persistent" || shot.PID != s.pid || shot.Requests[200] != 1 {
		t.Errorf("snapshot of %s %s, process %d, requests %v; want %s persistent, %d, one with status 200",
			shot.Workload, shot.Model, shot.PID, shot.Requests, sample.Name, s.pid)
	}
	// The kernel adds up nanoseconds and reports microseconds, so the difference of two sums may be a few microseconds.
	if got := time.Duration(s.usage(t).Sub(before).ChildrenCPUNS).Abs(); got > time.Millisecond {
		t.Errorf("CPU time of children after /metrics has changed by %v, want 0", got)
	}
}

func TestExporterFails(t *testing.T) {
	tests := map[string]struct {
		script string
		status int
		want   string
	}{
		"it fails":            {`echo "no ink" >&2; exit 3`, http.StatusServiceUnavailable, "no ink"},
		"it prints no header": {`echo "no header"`, http.StatusBadGateway, "no header"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv(contract.EnvExporter, exporter(t, test.script))
			s := start(t, sample, "cgi")
			if status, body := s.text(t, s.admin+"/metrics"); status != test.status || !strings.Contains(body, test.want) {
				t.Errorf("GET /metrics = %d %q, want %d and %q in it", status, body, test.status, test.want)
			}
		})
	}
}

// exporter writes a shell script to be used instead of the forktax command, and returns its path.
func exporter(t *testing.T, script string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "exporter")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}
