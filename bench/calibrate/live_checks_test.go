package calibrate_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"

	"forktax/bench/analysis"
	"forktax/bench/calibrate"
	"forktax/bench/check"
	"forktax/bench/explain"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
)

// checking returns a lab whose checks have these verdicts, in turn; "" is an error.
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

// Regressions are false alarms, and inconclusive checks are not.
func TestFalseAlarms(t *testing.T) {
	for name, c := range map[string]struct {
		verdicts []string
		most     int
		want     string
	}{
		"none":     {[]string{analysis.Pass, analysis.Undecided}, 0, calibrate.Passed},
		"one of 0": {[]string{analysis.Regression, analysis.Pass, analysis.Pass, analysis.Pass}, 0, calibrate.Failed},
		"one of 1": {[]string{analysis.Regression, analysis.Pass, analysis.Pass, analysis.Pass}, 1, calibrate.Passed},
	} {
		l, asked := checking(c.verdicts...)
		got, err := calibrate.Run(t.Context(), l, order(t.TempDir(), calibrate.FalseAlarms(4, c.most)))
		if err != nil || got.Verdict != c.want || len(*asked) != 4 {
			t.Errorf("%s: %q, %v after %d checks, want %q after 4", name, got.Verdict, err, len(*asked), c.want)
		}
	}
}

// Checks that were made are not made again, and each check has its own seed.
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

// kinds returns a lab whose checks of identical programs and of slower candidates have these verdicts, in turn.
func kinds(alike, slower []string) *calibrate.Lab {
	l := newLab()
	asked := map[bool]int{}
	calibrate.SetCheck(l, func(_ context.Context, _ check.Options, p check.Pair) (*analysis.Check, error) {
		verdicts, isSlower := alike, len(p.Candidate) > 0
		if isSlower {
			verdicts = slower
		}
		asked[isSlower]++
		return &analysis.Check{Verdict: verdicts[(asked[isSlower]-1)%len(verdicts)], Seconds: 3}, nil
	})
	calibrate.SetMedian(l, time.Millisecond)
	calibrate.SetThief(l, 1, "")
	return l
}

// With a thief, identical programs and slower candidates take turns. Of 200 checks, four may be undecided. Of 100
// checks of identical programs, one may be a false alarm.
func TestBesideThief(t *testing.T) {
	times := func(n int, verdict string, others string, of int) []string {
		all := make([]string, of)
		for i := range all {
			all[i] = others
			if i < n {
				all[i] = verdict
			}
		}
		return all
	}
	found := []string{analysis.Regression}
	pass := []string{analysis.Pass}
	for name, c := range map[string]struct {
		property      string
		full          bool
		alike, slower []string
		took          float64
		want          string
		checks        int
	}{
		"all correct": {"thief-10", true, pass, found, 1, calibrate.Passed, 200},
		"four of 200 undecided": {"thief-10", true, times(4, analysis.Undecided, analysis.Pass, 100), found, 1,
			calibrate.Passed, 200},
		"five of 200 undecided": {"thief-10", true, times(5, analysis.Undecided, analysis.Pass, 100), found, 1,
			calibrate.Failed, 200},
		"one alarm of 100": {"thief-2", true, times(1, analysis.Regression, analysis.Pass, 100), found, 1,
			calibrate.Passed, 200},
		"two alarms of 100": {"thief-2", true, times(2, analysis.Regression, analysis.Pass, 100), found, 1,
			calibrate.Failed, 200},
		"three of 100 not found": {"thief-5", true, pass, times(3, analysis.Pass, analysis.Regression, 100), 1,
			calibrate.Failed, 200},
		"ten of 100 undecided": {"thief-20", true, times(5, analysis.Undecided, analysis.Pass, 50),
			times(5, analysis.Undecided, analysis.Regression, 50), 1, calibrate.Passed, 100},
		"one alarm of 50": {"thief-20", true, times(1, analysis.Regression, analysis.Pass, 50), found, 1,
			calibrate.Failed, 100},
		"quick, one of 4 undecided": {"thief-20", false, times(1, analysis.Undecided, analysis.Pass, 2), found, 1,
			calibrate.Passed, 4},
		"quick, two of 4 undecided":  {"thief-20", false, []string{analysis.Undecided}, found, 1, calibrate.Failed, 4},
		"a thief that takes a third": {"thief-10", false, pass, found, 0.33, calibrate.Unjudged, 4},
	} {
		l := kinds(c.alike, c.slower)
		l.Full = c.full
		calibrate.SetThief(l, c.took, "")
		o := order(t.TempDir(), named(t, c.property)...)
		got, err := calibrate.Run(t.Context(), l, o)
		if err != nil || got.Verdict != c.want || got.Properties[0].Measures[0].N != c.checks {
			t.Errorf("%s: %+v, %v, want %q from %d checks", name, got, err, c.want, c.checks)
		}
	}
}

// If the thief is refused, the property is skipped with the reason, and the certificate can still pass. Checks that
// were made before count when the thief is permitted again.
func TestBesideThiefSkipped(t *testing.T) {
	l, dir := kinds([]string{analysis.Pass}, []string{analysis.Regression}), t.TempDir()
	other := calibrate.Repeated("gain", 1, func(int) error { return nil })
	calibrate.SetThief(l, 1, "CAP_SYS_NICE is missing")
	o := order(dir, append(named(t, "thief-5"), other)...)
	got, err := calibrate.Run(t.Context(), l, o)
	if err != nil || got.Verdict != calibrate.Passed {
		t.Fatalf("Run = %+v, %v, want a pass", got, err)
	}
	p := got.Properties[1]
	if p.Verdict != calibrate.Skipped || !strings.Contains(p.Text, "CAP_SYS_NICE") {
		t.Errorf("thief-5: %+v, want it skipped with the reason", p)
	}
	calibrate.SetThief(l, 1, "")
	got, err = calibrate.Run(t.Context(), l, o)
	if err != nil || got.Properties[1].Verdict != calibrate.Passed {
		t.Errorf("Run with a thief = %+v, %v, want a pass", got, err)
	}
	alone := order(t.TempDir(), named(t, "thief-5")...)
	calibrate.SetThief(l, 1, "CAP_SYS_NICE is missing")
	if got, err := calibrate.Run(t.Context(), l, alone); err != nil || got.Verdict != calibrate.Unjudged {
		t.Errorf("Run of a skipped property alone = %+v, %v, want %q", got, err, calibrate.Unjudged)
	}
}

func named(t *testing.T, names ...string) []calibrate.Property {
	t.Helper()
	all, err := calibrate.Named(names)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// startup builds the program of live checks, and returns a lab with it.
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

// WithStressor calls its function and stops the stressor without an error.
func TestWithStressor(t *testing.T) {
	ran := false
	err := calibrate.WithStressor(t.Context(), newLab(), func() { ran = true; time.Sleep(100 * time.Millisecond) })
	if err != nil || !ran {
		t.Errorf("WithStressor = %v, called: %v; want nil, true", err, ran)
	}
}

// A stressor survives a check that kills orphans, and it is an error if the stressor ends early.
func TestNeighboursStay(t *testing.T) {
	if err := calibrate.WithStressor(t.Context(), newLab(), func() { explain.AdoptOrphans()() }); err != nil {
		t.Errorf("WithStressor = %v", err)
	}
	killed := func() {
		for _, pid := range childrenOf(t, os.Getpid()) {
			if !strings.Contains(pid.command, "stress") {
				continue
			}
			if err := syscall.Kill(pid.number, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
			for end := time.Now().Add(10 * time.Second); syscall.Kill(pid.number, 0) == nil && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond) // until it has been waited for
			}
		}
		time.Sleep(300 * time.Millisecond)
	}
	err := calibrate.WithStressor(t.Context(), newLab(), killed)
	if err == nil || !strings.Contains(err.Error(), "the stressor ended during the measurement") {
		t.Errorf("WithStressor with a killed stressor = %v, want an error", err)
	}
}

type child struct {
	number  int
	command string
}

// childrenOf returns the children of a process.
func childrenOf(t *testing.T, parent int) []child {
	t.Helper()
	procs, err := procfs.AllProcs()
	if err != nil {
		t.Fatal(err)
	}
	var all []child
	for _, p := range procs {
		stat, err := p.Stat()
		if err != nil || stat.PPID != parent {
			continue
		}
		command, _ := p.CmdLine()
		all = append(all, child{p.PID, strings.Join(command, " ")})
	}
	return all
}

// The command line for hyperfine is correct: a fake hyperfine runs the command once and exports fixed values.
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
		t.Errorf("CompareByHyperfine = %v, %v, want 1", ratio, err)
	}
}
