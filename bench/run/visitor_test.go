package run_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/subject"
)

// An amended is a launcher that changes the targets of another.
type amended struct {
	run.Launcher
	amend func(*subject.Target)
}

func (a amended) Launch(ctx context.Context, model, workload string) (*subject.Target, func() error, error) {
	t, stop, err := a.Launcher.Launch(ctx, model, workload)
	if err == nil {
		a.amend(t)
	}
	return t, stop, err
}

// A block has the CPU time of the database server, unless it is unknown before or after the block.
func TestDatabaseCPU(t *testing.T) {
	reads := map[string]int64{}
	r := newRunner(t, somePlan(), amended{&fakeLauncher{}, func(t *subject.Target) {
		if t.Model != "cgi" {
			return
		}
		t.DatabaseCPU = func() (int64, bool) {
			reads[t.Model]++
			n := reads[t.Model]
			return n * n, n != 4 // 1, 4, 9, unknown, 25, 36 …
		}
	}}, &fakeEngine{})
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	visit := int64(0)
	for i, b := range read(t, r.Record.Dir).Blocks {
		var want *int64
		if r.Plan.Cells[b.Cell].Model == "cgi" {
			visit++
			if n := 2 * visit; n != 4 {
				want = new(n*n - (n-1)*(n-1))
			}
		}
		if diff := cmp.Diff(want, b.DatabaseNS); diff != "" {
			t.Errorf("DatabaseNS of block %d (-want +got):\n%s", i, diff)
		}
	}
}

// A block with failed requests has the log lines of the target, even late ones. For other blocks they are not read.
func TestLogLines(t *testing.T) {
	engine := &fakeEngine{}
	engine.run = func(_ context.Context, _ load.Visit, rec load.Recorder) error {
		right, wrong := record.Observation{Status: 200}, record.Observation{Err: record.ErrWrongStatus}
		rec.Observe([][]record.Observation{{right}, {right, wrong}, {right}, {wrong}}[len(engine.visits)-1])
		return nil
	}
	reads := 0
	r := newRunner(t, somePlan(), amended{&fakeLauncher{}, func(target *subject.Target) {
		target.LogLines = func() []string {
			reads++
			return [][]string{{"no coffee", "no tea"}, nil, {"too late"}, nil}[reads-1]
		}
	}}, engine)
	err := r.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no request got a right response") ||
		!strings.Contains(err.Error(), "; it logged: too late") {
		t.Errorf("Run = %v, want the log lines of the target", err)
	}
	var got [][]string
	for _, b := range read(t, r.Record.Dir).Blocks {
		got = append(got, b.LogLines)
	}
	if diff := cmp.Diff([][]string{nil, {"no coffee", "no tea"}, nil, {"too late"}}, got); diff != "" {
		t.Errorf("LogLines of the blocks (-want +got):\n%s", diff)
	}
}
