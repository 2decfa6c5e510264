package subject

import (
	"context"
	"encoding/json"
	"fmt"
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
	AdminURL   string                 // "" if it has no admin listener: then nothing is known of its cost
	PID        int                    // of its first process; 0 if it is an external server
	External   bool                   // a server of others, whose headers are not compared
	OtherClock bool                   // its clock is not that of this machine
	Ready      time.Duration          // from the start of its first process until it was ready; 0 for an external server
	Slowest    time.Duration          // response when each request was sent alone; 0 before that
	UsageFunc  func() *contract.Usage // what is known of its usage without an admin listener; nil if nothing is
	Gone       <-chan error           // yields why, when it ends without having been asked to; nil if that cannot be known
	// LogLines returns what it logged since the call before, each kind of line once; nil if nothing reads
	// its log.
	LogLines func() []string
	// DatabaseCPU is the processor time of the database server that works for it, in nanoseconds since that began, and
	// whether it is known; nil if there is none. It may wait a little until the server rests.
	DatabaseCPU func() (ns int64, known bool)
}

// DatabaseUsed is DatabaseCPU; it returns nil if nothing is known.
func (t *Target) DatabaseUsed() *int64 {
	if t.DatabaseCPU == nil {
		return nil
	}
	if ns, known := t.DatabaseCPU(); known {
		return &ns
	}
	return nil
}

// Logged returns the lines that it logged; of a target that fails altogether it waits until no more come.
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

// longestLog is how long the log of a target that fails altogether is waited for.
const longestLog = 10 * ExitDelay

// Usage asks the target what it has consumed so far.
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
		return nil, fmt.Errorf("asking %s %s for its usage: %w", t.Workload, t.Model, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking %s %s for its usage: %s", t.Workload, t.Model, resp.Status)
	}
	var u contract.Usage
	if err := json.NewDecoder(resp.Body).Decode(&u); err != nil {
		return nil, fmt.Errorf("reading the usage of %s %s: %w", t.Workload, t.Model, foreign.JSONError(err))
	}
	return &u, nil
}

// ExitDelay is how much later than its clients the parent of a process may learn that it has ended.
const ExitDelay = 100 * time.Millisecond
