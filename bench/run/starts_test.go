package run_test

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// A check starts the targets until it is told that it is enough, in one order as often as in the other, and visits each
// cell once at each start at the least.
func TestRunnerChecks(t *testing.T) {
	p, launcher := somePlan(), &fakeLauncher{}
	p.BudgetNS = int64(time.Hour)
	const starts = 40
	r := newRunner(t, p, launcher, &fakeEngine{})
	var asked []int
	err := r.RunStarts(t.Context(), func(n int) (time.Duration, error) {
		asked = append(asked, n)
		if n == starts {
			return 0, nil
		}
		return 1, nil
	})
	if err != nil || len(asked) != starts+1 || asked[starts] != starts {
		t.Fatalf("Check = %v, and asked after %v starts", err, asked)
	}
	blocks := read(t, r.Record.Dir).Blocks
	for i, b := range blocks {
		if want := i / len(p.Cells); b.Start != want || b.Round != want {
			t.Errorf("block %d is of start %d and round %d, want %d", i, b.Start, b.Round, want)
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

// It ends when its time is up, or when nobody can say how long the next start is to be.
func TestRunnerEndsChecks(t *testing.T) {
	p := somePlan()
	p.BudgetNS = 1
	launcher := &fakeLauncher{}
	always := func(int) (time.Duration, error) { return time.Hour, nil }
	if err := newRunner(t, p, launcher, &fakeEngine{}).RunStarts(t.Context(), always); err != nil || len(launcher.launched) > 2 {
		t.Errorf("Check = %v, and started %v", err, launcher.launched)
	}
	p.BudgetNS = int64(time.Hour)
	broken := errors.New("broken")
	never := func(int) (time.Duration, error) { return time.Hour, broken }
	if err := newRunner(t, p, launcher, &fakeEngine{}).RunStarts(t.Context(), never); !errors.Is(err, broken) {
		t.Errorf("Check = %v, want %v", err, broken)
	}
}
