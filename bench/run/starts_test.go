package run_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"forktax/bench/run"
)

// RunStarts starts the targets until next ends the run. Both orders of the targets are about equally frequent, and each
// cell is visited at least once per start.
func TestRunStarts(t *testing.T) {
	p, launcher := somePlan(), &fakeLauncher{}
	p.BudgetNS = int64(time.Hour)
	const starts = 40
	r := newRunner(t, p, launcher, &fakeEngine{})
	var calls []int
	err := r.RunStarts(t.Context(), func(n int, _ time.Duration) (run.NextStart, error) {
		calls = append(calls, n)
		if n == starts {
			return run.NextStart{}, nil
		}
		return run.NextStart{Length: 1, Until: time.Hour, Overtime: n > starts/2}, nil
	})
	if err != nil || len(calls) != starts+1 || calls[starts] != starts {
		t.Fatalf("RunStarts = %v, and called next after %v starts", err, calls)
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
		if len(first) != 2 || n < starts/4 { // one of 700 seeds has at most 10 of 40
			t.Errorf("%s was started first in %d of %d starts, want about half: %v", model, n, starts, first)
		}
	}
}

// A start ends when its time is up, after at least one round. An error of next ends the run.
func TestRunStartsEnds(t *testing.T) {
	p := somePlan()
	launcher := &fakeLauncher{}
	twice := func(n int, _ time.Duration) (run.NextStart, error) {
		if n == 2 {
			return run.NextStart{}, nil
		}
		return run.NextStart{Length: time.Hour, Until: 1}, nil
	}
	err := newRunner(t, p, launcher, &fakeEngine{}).RunStarts(t.Context(), twice)
	if err != nil || len(launcher.launched) != 4 {
		t.Errorf("RunStarts = %v, and started %v, want 4 targets", err, launcher.launched)
	}
	broken := errors.New("broken")
	never := func(int, time.Duration) (run.NextStart, error) { return run.NextStart{Length: time.Hour}, broken }
	if err := newRunner(t, p, launcher, &fakeEngine{}).RunStarts(t.Context(), never); !errors.Is(err, broken) {
		t.Errorf("RunStarts = %v, want %v", err, broken)
	}
}
