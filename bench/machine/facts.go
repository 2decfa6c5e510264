package machine

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Facts are the properties of this machine, found by Probe, that affect measurements. Nil values and empty strings are
// not available on this system.
type Facts struct {
	Cores       int           `json:"cores"`                  // number of cores on which this process may run
	Quota       *Quota        `json:"quota"`                  // CPU quota of the control group
	Load        *Load         `json:"load"`                   // use of the CPUs
	Jitter      Jitter        `json:"jitter"`                 // gaps in which a busy thread did not run
	Governor    string        `json:"governor,omitempty"`     // CPU frequency governor
	Turbo       string        `json:"turbo,omitempty"`        // "on" or "off"
	ClockSource string        `json:"clock_source,omitempty"` // the kernel's clock source
	ClockCost   time.Duration `json:"clock_cost_ns"`          // cost of one clock reading
	RealTime    *bool         `json:"real_time"`              // the generator may have real-time priority
	OpenFiles   *uint64       `json:"open_files"`             // limit on the open files of a process
	Processes   *uint64       `json:"processes"`              // number of processes that may still be started
	Ports       *Ports        `json:"ports"`                  // local ports
	Memory      *Memory       `json:"memory"`                 // available memory
	HugePages   string        `json:"huge_pages,omitempty"`   // the kernel's setting of transparent huge pages
	Mitigations *int          `json:"mitigations"`            // number of active mitigations of CPU vulnerabilities
	Disks       []Disk        `json:"disks"`                  // disks to which a run writes
	Tools       []Tool        `json:"tools"`                  // external programs
}

// A Quota is the CPU time that a control group may use.
type Quota struct {
	Cores     float64       `json:"cores"`        // 0: no limit
	Throttled time.Duration `json:"throttled_ns"` // time for which its processes were throttled during the sample

	Periods          int64 `json:"nr_periods"`   // periods of the sample in which a process could run
	ThrottledPeriods int64 `json:"nr_throttled"` // periods of these in which the quota was used up
}

// Load is the use of this machine's CPUs during the sample.
type Load struct {
	Steal   float64 `json:"steal_share"` // share of CPU time that the hypervisor took away
	Others  float64 `json:"others"`      // cores used by all other processes together
	Busiest []Busy  `json:"busiest"`     // visible processes with the highest use, in descending order
	Unseen  float64 `json:"unseen"`      // part of Others used by hidden or short-lived processes
}

// Busy is a process that used CPU time during the sample.
type Busy struct {
	PID   int     `json:"pid"`
	Name  string  `json:"name"`
	Cores float64 `json:"cores"`
}

// Ports are the local ports for connections to one address.
type Ports struct {
	All     int `json:"all"`
	Waiting int `json:"waiting"` // ports of closed connections in TIME-WAIT, which lasts a minute
}

// Memory is the memory available within the limits of the machine and the control group.
type Memory struct {
	Available uint64 `json:"available_bytes"`
	Swapped   uint64 `json:"swapped_bytes"` // swap space in use
	Pages     uint64 `json:"swapped_pages"` // pages swapped in or out during the sample
}

// A Disk is the disk that contains a directory.
type Disk struct {
	Purpose string  `json:"purpose"`
	Path    string  `json:"path"`
	Free    *uint64 `json:"free_bytes"`
}

// sampleTime is long enough to measure a share of 1%: the kernel counts in hundredths of a second.
const sampleTime = 2 * time.Second

// Probe examines the machine, which takes two seconds. Results is the directory of run results; it need not exist yet.
func Probe(ctx context.Context, results string) (Facts, error) {
	f := Facts{Cores: runtime.NumCPU(), ClockCost: clockCost(), Tools: tools(ctx)}
	f.Disks = []Disk{diskOf("results", results), diskOf("temporary files", os.TempDir())}
	seen := startSampling()
	ended := time.After(sampleTime)
	// This keeps a core busy: steal is counted only while a process wants to run.
	f.Jitter = measureJitter(jitterTime)
	select {
	case <-ctx.Done():
		return f, context.Cause(ctx)
	case <-ended:
	}
	seen.finish(&f)
	probe(&f)
	return f, nil
}

// diskOf returns the disk that contains the directory, or will contain it when it is created.
func diskOf(what, path string) Disk {
	d := Disk{Purpose: what, Path: path}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return d
	}
	d.Path = absolute
	for path = absolute; ; path = filepath.Dir(path) {
		if _, err := os.Stat(path); err == nil {
			d.Free = freeSpace(path)
			return d
		}
		if path == filepath.Dir(path) {
			return d
		}
	}
}
