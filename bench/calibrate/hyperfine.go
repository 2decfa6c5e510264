package calibrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"forktax/bench/explain"
	"forktax/bench/process"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// hyperfine is a widely used benchmark tool for commands.
const hyperfine = "hyperfine"

func hyperfineProperties() []Property {
	return []Property{{
		Name: hyperfine, About: "hyperfine's comparison of the same programs, one after the other, in a similar time",
		ForComparison: true, Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return pick(l, 30*time.Second, 40*time.Minute) },
		Run:      measureHyperfine,
	}}
}

// A hyperfineRatio is hyperfine's comparison of two programs.
type hyperfineRatio struct {
	Ratio     float64 `json:"ratio"`     // ratio of the means
	Deviation float64 `json:"deviation"` // the ± that hyperfine prints next to the ratio
}

// measureHyperfine compares the program with hyperfine: with itself, and with a start that takes 2% longer.
func measureHyperfine(ctx context.Context, l *Lab) (Outcome, error) {
	path, err := exec.LookPath(hyperfine)
	if err != nil {
		return Outcome{Verdict: Unmeasured, Measures: []Measure{},
			Text: "hyperfine is not installed (Debian: apt-get install hyperfine)."}, nil
	}
	n, each := pick(l, 4, 100), pick(l, 3*time.Second, 10*time.Second)
	medians, err := repeated(l, hyperfine+" median", 1, func(int) (int64, error) { return l.median(ctx) })
	if err != nil {
		return Outcome{}, err
	}
	work := time.Duration(0.02 * float64(medians[0]))
	runs := max(int(each/2)/int(medians[0]), 10)
	sets := map[time.Duration][]hyperfineRatio{}
	for _, slower := range []time.Duration{0, work} {
		name := fmt.Sprintf("%s %v", hyperfine, slower > 0)
		if sets[slower], err = repeated(l, name, n, func(int) (hyperfineRatio, error) {
			return l.compareByHyperfine(ctx, path, runs, slower)
		}); err != nil {
			return Outcome{}, err
		}
	}
	different, low, unclear := 0, 0, 0
	var off, on []float64
	for _, c := range sets[0] {
		off = append(off, 100*(c.Ratio-1))
		if math.Abs(c.Ratio-1) > 0.03 {
			different++
		}
	}
	for _, c := range sets[work] {
		on = append(on, 100*(c.Ratio-1))
		if c.Ratio < 1.01 {
			low++
		}
		if c.Ratio-c.Deviation <= 1 {
			unclear++
		}
	}
	spread := func(name string, xs []float64) Measure {
		return Measure{Name: name + fmt.Sprintf(" (from %s to %s%%)", digits(slices.Min(xs)), digits(slices.Max(xs))),
			Unit: "%", N: len(xs), Of: "comparisons", Value: stats.Median(xs)}
	}
	return newOutcome(fmt.Sprintf("%d runs of each command, one command after the other, without a shell, in the "+
		"environment of a CGI child; %v together. hyperfine gives no verdict, so these rules are applied to its output: "+
		"identical programs differ if the ratio of the means is off by more than 3%%; +2%% (%v) is missed if that ratio "+
		"is below 1.01, and is distinguished only if the ratio minus the printed ± is above 1.", runs, each, work),
		shareMeasure("identical programs reported as different at 3%", different, n, nil, nil),
		shareMeasure("+2% missed, ratio below 1.01", low, n, nil, nil),
		shareMeasure("+2% not distinguished by hyperfine's ±", unclear, n, nil, nil),
		spread("identical programs: median change", off), spread("+2%: median change", on)), nil
}

// compareByHyperfine compares the program with a slower start of it, one after the other, as hyperfine does with two
// commands. It runs hyperfine once for each, because they differ in the environment, and setting that with the command
// env would take time.
func (l *Lab) compareByHyperfine(ctx context.Context, path string, runs int, slower time.Duration) (
	hyperfineRatio, error) {
	var means [2]hyperfineTime
	for i, work := range []time.Duration{0, slower} {
		var err error
		if means[i], err = l.timeByHyperfine(ctx, path, runs, work); err != nil {
			return hyperfineRatio{}, err
		}
	}
	return ratioOf(means[0], means[1]), nil
}

// A hyperfineTime is hyperfine's export for one command, in seconds.
type hyperfineTime struct{ Mean, Stddev float64 }

// ratioOf returns what hyperfine prints for two commands: the ratio of the means, and as deviation the ratio times the
// root of the summed squares of both coefficients of variation.
func ratioOf(a, b hyperfineTime) hyperfineRatio {
	ratio := b.Mean / a.Mean
	return hyperfineRatio{ratio, ratio * math.Hypot(a.Stddev/a.Mean, b.Stddev/b.Mean)}
}

func (l *Lab) timeByHyperfine(ctx context.Context, path string, runs int, work time.Duration) (hyperfineTime, error) {
	dir, remove, err := process.TempDir("hyperfine's export")
	if err != nil {
		return hyperfineTime{}, err
	}
	defer remove()
	export := filepath.Join(dir, "export.json")
	program := l.Programs[startupProgram].Path
	cmd := exec.Command(path, "--shell=none", "--style=none", "--warmup", "5", "--runs", strconv.Itoa(runs),
		"--export-json", export, "'"+program+"'")
	cmd.Env = append(os.Environ(), explain.Environment(subject.Spec{}, contract.Request{Method: "GET", Path: "/"}, program,
		os.Getenv("PATH"))...)
	cmd.Env = append(cmd.Env, contract.EnvStartupWork+"="+work.String())
	if _, err := process.Output(ctx, 10*time.Minute, cmd); err != nil {
		return hyperfineTime{}, fmt.Errorf("running hyperfine: %w", err)
	}
	text, err := os.ReadFile(export)
	if err != nil {
		return hyperfineTime{}, fmt.Errorf("reading hyperfine's export: %w", err)
	}
	return readHyperfine(text)
}

// readHyperfine reads hyperfine's export of one command.
func readHyperfine(text []byte) (hyperfineTime, error) {
	var export struct{ Results []hyperfineTime }
	if err := json.Unmarshal(text, &export); err != nil {
		return hyperfineTime{}, fmt.Errorf("reading hyperfine's export: %w", err)
	}
	if len(export.Results) != 1 || export.Results[0].Mean <= 0 {
		return hyperfineTime{}, errors.New("reading hyperfine's export: it must have exactly one command, with a mean")
	}
	return export.Results[0], nil
}
