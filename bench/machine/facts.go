package machine

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Facts are what Probe saw of this machine, as far as it decides how well one can measure on it. What is nil, or a text
// that is "", cannot be seen here.
type Facts struct {
	Cores       int           `json:"cores"`                  // that this process may run on
	Quota       *Quota        `json:"quota"`                  // of the control group
	Load        *Load         `json:"load"`                   //
	Jitter      Jitter        `json:"jitter"`                 //
	Governor    string        `json:"governor,omitempty"`     // of the processor's frequency
	Turbo       string        `json:"turbo,omitempty"`        // "on" or "off"
	ClockSource string        `json:"clock_source,omitempty"` //
	ClockCost   time.Duration `json:"clock_cost_ns"`          // of one look at the clock
	RealTime    *bool         `json:"real_time"`              // the generator may have real-time priority
	OpenFiles   *uint64       `json:"open_files"`             // that a process may have
	Processes   *uint64       `json:"processes"`              // that may still be started
	Ports       *Ports        `json:"ports"`                  //
	Memory      *Memory       `json:"memory"`                 //
	HugePages   string        `json:"huge_pages,omitempty"`   // when the kernel gives them unasked
	Mitigations *int          `json:"mitigations"`            // of the processor's weaknesses that cost time
	Disks       []Disk        `json:"disks"`                  // that a run writes to
	Tools       []Tool        `json:"tools"`                  //
}

// A Quota is the CPU time that a control group may use.
type Quota struct {
	Cores     float64       `json:"cores"`        // 0: as much as there is
	Throttled time.Duration `json:"throttled_ns"` // while it was watched, by which its processes were held up

	Periods          int64 `json:"nr_periods"`   // of the limit while it was watched, in which there was something to run
	ThrottledPeriods int64 `json:"nr_throttled"` // those of them in which it was used up
}

// Load is what was done on this machine while it was watched.
type Load struct {
	Steal   float64 `json:"steal_share"` // of CPU time, which the hypervisor took away
	Others  float64 `json:"others"`      // cores that other processes used together
	Busiest []Busy  `json:"busiest"`     // of those that can be seen, by what they used
	Unseen  float64 `json:"unseen"`      // of Others, by processes that cannot be seen, or ended too soon
}

// Busy is a process that used CPU time.
type Busy struct {
	PID   int     `json:"pid"`
	Name  string  `json:"name"`
	Cores float64 `json:"cores"`
}

// Ports are those for connections to one address.
type Ports struct {
	All     int `json:"all"`
	Waiting int `json:"waiting"` // connections that have ended, and keep theirs for a minute
}

// Memory is what the machine and the control group have of it.
type Memory struct {
	Available uint64 `json:"available_bytes"`
	Swapped   uint64 `json:"swapped_bytes"` // in use on a disk
	Pages     uint64 `json:"swapped_pages"` // that went to it or came from it while it was watched
}

// A Disk is the one that a directory is on.
type Disk struct {
	Purpose string  `json:"purpose"`
	Path    string  `json:"path"`
	Free    *uint64 `json:"free_bytes"`
}

// sampleTime is long enough to tell a share of 1%, in the hundredths of a second that the kernel counts in.
const sampleTime = 2 * time.Second

// Probe looks at the machine, which takes two seconds. Results is the directory that runs are written to; it need not
// be
// there yet.
func Probe(ctx context.Context, results string) (Facts, error) {
	f := Facts{Cores: runtime.NumCPU(), ClockCost: clockCost(), Tools: tools(ctx)}
	f.Disks = []Disk{diskOf("results", results), diskOf("temporary files", os.TempDir())}
	seen := startSampling()
	ended := time.After(sampleTime)
	// It keeps a core busy: what a hypervisor takes shows only where something is wanted
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

// diskOf is the disk that the directory is on, or will be when it is made.
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
