package run_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"forktax/bench/run"
)

// A check starts the targets until it is told that it is enough, in one order as often as in the other, and visits each
// cell once at each start at the least.
func TestRunnerChecks(t *testing.T) {
	p, launcher := somePlan(), &fakeLauncher{}
	p.BudgetNS = int64(time.Hour)
	const starts = 40
	r := newRunner(t, p, launcher, &fakeEngine{})
	var asked []int
	err := r.RunStarts(t.Context(), func(n int, _ time.Duration) (run.NextStart, error) {
		asked = append(asked, n)
		if n == starts {
			return run.NextStart{}, nil
		}
		return run.NextStart{Length: 1, Until: time.Hour, Overtime: n > starts/2}, nil
	})
	if err != nil || len(asked) != starts+1 || asked[starts] != starts {
		t.Fatalf("Check = %v, and asked after %v starts", err, asked)
	}
	blocks := read(t, r.Record.Dir).Blocks
	for i, b := range blocks {
		if want := i / len(p.Cells); b.Start != want || b.Round != want || b.Overtime != (want > starts/2) {
			t.Errorf("block %d is of start %d and round %d (overtime: %t), want %d", i, b.Start, b.Round, b.Overtime, want)
		}
	}
	if got, want := len(blocks), starts*len(p.Cells); got != want {
		t.Errorf("%d blocks, want %d", got, want)
	}
	first := map[string]int{}
	targets := len(launcher.launched) / starts
	for start := range slices.Chunk(launcher.launched, targets) {
		first[start[0]]++
	}
	for model, n := range first {
		if len(first) != 2 || n < starts/4 { // 10 of 40 falls of a coin, or fewer, are in one of 700 seeds
			t.Errorf("%s was the first of %d targets in %d of %d starts: %v", model, targets, n, starts, first)
		}
	}
}

// A start ends when its time is up, after one round at the least, and the run when it cannot be said how the next one is
// to be measured.
func TestRunnerEndsChecks(t *testing.T) {
	p := somePlan()
	launcher := &fakeLauncher{}
	twice := func(n int, _ time.Duration) (run.NextStart, error) {
		if n == 2 {
			return run.NextStart{}, nil
		}
		return run.NextStart{Length: time.Hour, Until: 1}, nil
	}
	if err := newRunner(t, p, launcher, &fakeEngine{}).RunStarts(t.Context(), twice); err != nil || len(launcher.launched) != 4 {
		t.Errorf("RunStarts = %v, and started %v", err, launcher.launched)
	}
	broken := errors.New("broken")
	never := func(int, time.Duration) (run.NextStart, error) { return run.NextStart{Length: time.Hour}, broken }
	if err := newRunner(t, p, launcher, &fakeEngine{}).RunStarts(t.Context(), never); !errors.Is(err, broken) {
		t.Errorf("RunStarts = %v, want %v", err, broken)
	}
}
