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

// amended changes the targets that another launches.
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

// What the database server used during a block is with the block, unless that is not known at one of its ends.
func TestDatabaseCPU(t *testing.T) {
	looks := map[string]int64{}
	r := newRunner(t, somePlan(), amended{&fakeLauncher{}, func(t *subject.Target) {
		if t.Model != "cgi" {
			return
		}
		t.DatabaseCPU = func() (int64, bool) {
			looks[t.Model]++
			n := looks[t.Model]
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

// A block of which requests failed has what the target logged, also if that comes late; others do not ask.
func TestLogLines(t *testing.T) {
	engine := &fakeEngine{}
	engine.run = func(_ context.Context, _ load.Visit, rec load.Recorder) error {
		right, wrong := record.Observation{Status: 200}, record.Observation{Err: record.ErrWrongStatus}
		rec.Observe([][]record.Observation{{right}, {right, wrong}, {right}, {wrong}}[len(engine.visits)-1])
		return nil
	}
	asked := 0
	r := newRunner(t, somePlan(), amended{&fakeLauncher{}, func(target *subject.Target) {
		target.LogLines = func() []string {
			asked++
			return [][]string{{"no coffee", "no tea"}, nil, {"too late"}, nil}[asked-1]
		}
	}}, engine)
	err := r.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not one request got a right response") ||
		!strings.Contains(err.Error(), "; it logged: too late") {
		t.Errorf("Run = %v, want what the target logged", err)
	}
	var got [][]string
	for _, b := range read(t, r.Record.Dir).Blocks {
		got = append(got, b.LogLines)
	}
	if diff := cmp.Diff([][]string{nil, {"no coffee", "no tea"}, nil, {"too late"}}, got); diff != "" {
		t.Errorf("the blocks' complaints (-want +got):\n%s", diff)
	}
}
