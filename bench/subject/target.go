package subject

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"forktax/bench/foreign"
	"forktax/workload/contract"
)

// A Target is a running server under test.
type Target struct {
	Workload   string
	Model      string
	URL        string                 // without a trailing slash
	AdminURL   string                 // "" if it has no admin listener, which would report its cost
	PID        int                    // PID of its first process; 0 if it is an external server
	External   bool                   // externally managed: its headers are not compared
	OtherClock bool                   // its clock differs from this machine's
	Ready      time.Duration          // from the start of its first process until it was ready; 0 for an external server
	Slowest    time.Duration          // slowest response when each request was sent alone; 0 before that
	UsageFunc  func() *contract.Usage // measures its usage without an admin listener; nil if that is not possible
	Gone       <-chan error           // yields why it ended, if it ends before it is stopped; nil if that is not observed
	// LogLines returns the lines logged since the last call, each kind of line once; nil if its log is not read.
	LogLines func() []string
	// DatabaseCPU returns the CPU time of the target's database server since the server started, in nanoseconds. Known
	// reports whether it could be read. It may wait briefly until the server is idle. Nil if there is no such server.
	DatabaseCPU func() (ns int64, known bool)
}

// DatabaseUsed returns the result of DatabaseCPU; nil if it is not known.
func (t *Target) DatabaseUsed() *int64 {
	if t.DatabaseCPU == nil {
		return nil
	}
	if ns, known := t.DatabaseCPU(); known {
		return &ns
	}
	return nil
}

// Logged returns the lines that the target logged. For a target that fails altogether, it waits until no more lines
// come.
func (t *Target) Logged(altogether bool) []string {
	if t.LogLines == nil {
		return nil
	}
	lines := t.LogLines()
	for deadline := time.Now().Add(longestLog); altogether && time.Now().Before(deadline); {
		time.Sleep(ExitDelay)
		more := slices.DeleteFunc(t.LogLines(), func(line string) bool { return slices.Contains(lines, line) })
		if lines = append(lines, more...); len(more) == 0 {
			break
		}
	}
	return lines
}

// longestLog is the longest wait for the log of a target that fails altogether.
const longestLog = 10 * ExitDelay

// Usage returns the resources that the target has used so far; nil if they are not known.
func (t *Target) Usage(ctx context.Context, client *http.Client) (*contract.Usage, error) {
	if t.UsageFunc != nil {
		return t.UsageFunc(), nil
	}
	if t.AdminURL == "" {
		return nil, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.AdminURL+"/usage", nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("requesting the usage of %s %s: %w", t.Workload, t.Model, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("requesting the usage of %s %s: %s", t.Workload, t.Model, resp.Status)
	}
	var u contract.Usage
	if err := json.NewDecoder(io.LimitReader(resp.Body, mostRead)).Decode(&u); err != nil {
		return nil, fmt.Errorf("reading the usage of %s %s: %w", t.Workload, t.Model, foreign.JSONError(err))
	}
	return &u, nil
}

// ExitDelay is the longest time from when a client sees that a process ended until the parent of the process does.
const ExitDelay = 100 * time.Millisecond
