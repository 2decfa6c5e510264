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
)

// The usage tells what the model costs, in processes and in connections, wherever these were opened.
func TestUsage(t *testing.T) {
	const requests = 3
	for _, m := range contract.Models {
		t.Run(m.Name, func(t *testing.T) {
			childrenWanted := int64(0)
			if m.Process == contract.PerRequest {
				childrenWanted = requests
			}
			s := startProgram(t, m.Name)
			before := s.usage(t)
			if before.ProcessesStarted != 0 || before.ConnectionsOpened != 0 || before.ChildrenCPUNS != 0 {
				t.Errorf("the usage before any request is %+v, want no processes, connections and children", before)
			}
			for range requests {
				if status, _ := s.text(t, s.url+"/connect"); status != http.StatusOK {
					t.Fatalf("GET /connect = %d, want 200; the log:\n%s", status, s.log)
				}
			}
			got := s.usage(t)
			if got.ProcessesStarted != childrenWanted {
				t.Errorf("%d processes started, want %d", got.ProcessesStarted, childrenWanted)
			}
			if got.ConnectionsOpened != requests { // the handler opens one, whatever the model
				t.Errorf("%d connections opened, want %d", got.ConnectionsOpened, requests)
			}
			if has := got.ChildrenCPUNS > 0; has != (childrenWanted > 0) {
				t.Errorf("%d children used %v of a processor", childrenWanted, time.Duration(got.ChildrenCPUNS))
			}
			const megabyte = 1 << 20 // a Go process has several
			if has := got.ChildPeakMemoryBytes > megabyte; has != (childrenWanted > 0) {
				t.Errorf("of %d children one used %d bytes at most, want some megabytes, or 0 without any", childrenWanted,
					got.ChildPeakMemoryBytes)
			}
			if got.PeakMemoryBytes <= megabyte {
				t.Errorf("peak memory is %d bytes, want some megabytes", got.PeakMemoryBytes)
			}
			if got.SelfCPUNS <= before.SelfCPUNS || got.MinorFaults <= before.MinorFaults {
				t.Errorf("the usage after requests is %+v, before %+v; want more", got, before)
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
	for _, say := range []string{"forktax", "PATH", contract.EnvExporter} {
		if !strings.Contains(body, say) {
			t.Errorf("GET /metrics says %q, want %q in it", body, say)
		}
	}
}

// What the exporter prints is the answer, head and body. It is given what was asked for and a snapshot, and what it
// costs is not the workload's.
func TestMetricsByExporter(t *testing.T) {
	path := exporter(t, `
i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done # some 0.1 s of a processor, of which the usage may show nothing
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
		t.Errorf("the exporter was given %q, want %q", got, want)
	}
	var shot contract.Snapshot
	if err := json.Unmarshal(body, &shot); err != nil {
		t.Fatalf("the exporter read %q: %v", body, err)
	}
	if shot.Workload != sample.Name || shot.Model != "persistent" || shot.PID != s.pid || shot.Requests[200] != 1 {
		t.Errorf("the snapshot is of %s %s, process %d, requests %v; want %s persistent, %d, one with status 200",
			shot.Workload, shot.Model, shot.PID, shot.Requests, sample.Name, s.pid)
	}
	// The system adds up nanoseconds and tells microseconds, so the difference of two sums may be a few of these.
	if got := time.Duration(s.usage(t).Sub(before).ChildrenCPUNS).Abs(); got > time.Millisecond {
		t.Errorf("children used %v more of a processor after /metrics, want nothing", got)
	}
}

func TestExporterFails(t *testing.T) {
	tests := map[string]struct {
		script string
		status int
		says   string
	}{
		"it complains":        {`echo "no ink" >&2; exit 3`, http.StatusServiceUnavailable, "no ink"},
		"it prints no header": {`echo "no header"`, http.StatusBadGateway, "no header"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv(contract.EnvExporter, exporter(t, test.script))
			s := start(t, sample, "cgi")
			if status, body := s.text(t, s.admin+"/metrics"); status != test.status || !strings.Contains(body, test.says) {
				t.Errorf("GET /metrics = %d %q, want %d and %q in it", status, body, test.status, test.says)
			}
		})
	}
}

// exporter makes a shell script of what stands for the forktax command.
func exporter(t *testing.T, script string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "exporter")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}
