package calibrate_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/calibrate"
	"forktax/bench/check"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
)

// checking is a lab whose checks come to these verdicts, in turn.
func checking(verdicts ...string) (*calibrate.Lab, *[]check.Options) {
	var asked []check.Options
	l := newLab()
	calibrate.SetCheck(l, func(_ context.Context, w check.Options, _ check.Pair) (*analysis.Check, error) {
		v := verdicts[len(asked)%len(verdicts)]
		asked = append(asked, w)
		if v == "" {
			return nil, errBroken
		}
		return &analysis.Check{Verdict: v, Why: "so it is", Seconds: float64(len(asked)), Gates: []analysis.Gate{
			{Metric: analysis.MetricResponse, Ratio: new(1.01)}}}, nil
	})
	return l, &asked
}

// A false alarm is one; that a check is inconclusive is none.
func TestFalseAlarms(t *testing.T) {
	for name, c := range map[string]struct {
		verdicts []string
		most     int
		want     string
	}{
		"none":             {[]string{analysis.Pass, analysis.Undecided}, 0, calibrate.Passed},
		"one, if none may": {[]string{analysis.Regression, analysis.Pass, analysis.Pass, analysis.Pass}, 0, calibrate.Failed},
		"one, if it may":   {[]string{analysis.Regression, analysis.Pass, analysis.Pass, analysis.Pass}, 1, calibrate.Passed},
	} {
		l, asked := checking(c.verdicts...)
		got, err := calibrate.Run(t.Context(), l, order(t.TempDir(), calibrate.FalseAlarms(4, c.most)))
		if err != nil || got.Verdict != c.want || len(*asked) != 4 {
			t.Errorf("%s: %q, %v after %d checks, want %q after 4", name, got.Verdict, err, len(*asked), c.want)
		}
	}
}

// Checks that were made are not made again, and each has a seed of its own.
func TestFalseAlarmsGoesOn(t *testing.T) {
	dir := t.TempDir()
	l, asked := checking(analysis.Pass, analysis.Pass, "", analysis.Pass, analysis.Pass)
	if _, err := calibrate.Run(t.Context(), l, order(dir, calibrate.FalseAlarms(4, 0))); !errors.Is(err, errBroken) {
		t.Fatalf("Run = %v, want %v", err, errBroken)
	}
	if _, err := calibrate.Run(t.Context(), l, order(dir, calibrate.FalseAlarms(4, 0))); err != nil {
		t.Fatal(err)
	}
	seeds := map[uint64]int{}
	for _, w := range *asked {
		seeds[w.Seed]++
	}
	if len(*asked) != 5 || len(seeds) != 4 {
		t.Errorf("%d checks with seeds %v, want 5, of which the third was made twice", len(*asked), seeds)
	}
}

// startup builds the program of live checks.
func startup(t *testing.T) *calibrate.Lab {
	t.Helper()
	p, err := subject.Describe(t.Context(), filepath.Join(programtest.Build(t, "forktax-startup"), "forktax-startup"))
	if err != nil {
		t.Fatal(err)
	}
	l := newLab()
	l.Programs = map[string]subject.Program{"startup": p}
	return l
}

// A stressor runs while it is wanted, and ends when it is not.
func TestWithStressor(t *testing.T) {
	ran := false
	if err := calibrate.WithStressor(t.Context(), newLab(), func() { ran = true; time.Sleep(100 * time.Millisecond) }); err != nil || !ran {
		t.Errorf("WithStressor = %v, and it ran: %v", err, ran)
	}
}

// What hyperfine is asked to do it does: here a stand-in for it runs the command once, and tells what it is told.
func TestPeer(t *testing.T) {
	l := startup(t)
	fake := filepath.Join(t.TempDir(), "hyperfine")
	script := `#!/bin/sh
while [ $# -gt 1 ]; do
	[ "$1" = --export-json ] && out=$2
	shift
done
sh -c "$1" | grep -q 'hello' || exit 1
echo '{"results":[{"mean":0.002,"stddev":0.0001}]}' >"$out"
`
	if err := os.WriteFile(fake, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if ratio, err := calibrate.CompareByHyperfine(t.Context(), l, fake, 3); err != nil || ratio != 1 {
		t.Errorf("HyperfineRatio = %v, %v, want 1", ratio, err)
	}
}
