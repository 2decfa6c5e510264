package calibrate_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/calibrate"
	"forktax/bench/plan"
	"forktax/bench/record"
)

var update = flag.Bool("update", false, "update the golden files")

func order(dir string, properties ...calibrate.Property) calibrate.Options {
	return calibrate.Options{Dir: dir, Properties: properties, Header: calibrate.Header{Version: "v1", Mode: "quick",
		Seed: 7, Programs: map[string]string{"forktax": "aa"}}}
}

var errBroken = errors.New("broken")

// Neither properties that were measured nor repetitions of an interrupted property are measured again.
func TestRunGoesOn(t *testing.T) {
	dir := t.TempDir()
	var tried []int
	breaks := 2
	p := calibrate.Repeated("gain", 4, func(i int) error {
		if i == breaks {
			return errBroken
		}
		tried = append(tried, i)
		return nil
	})
	other := 0
	first := calibrate.Repeated("truth", 1, func(int) error { other++; return nil })
	if _, err := calibrate.Run(t.Context(), newLab(), order(dir, first, p)); !errors.Is(err, errBroken) {
		t.Fatalf("Run = %v, want %v", err, errBroken)
	}
	// An incomplete line is ignored.
	f, err := os.OpenFile(filepath.Join(dir, "state.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"property":"gain","tri`)
	f.Close()

	breaks = -1
	c, err := calibrate.Run(t.Context(), newLab(), order(dir, first, p))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 3}, tried); diff != "" || other != 1 {
		t.Errorf("repetitions (-want +got):\n%s, and %d of the other property, want 1", diff, other)
	}
	var sums []float64
	for _, p := range c.Properties {
		sums = append(sums, p.Measures[0].Value)
	}
	if diff := cmp.Diff([]float64{6, 0}, sums); diff != "" {
		t.Errorf("sums of gain and truth (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(filepath.Join(dir, "certificate.json"))
	var read calibrate.Certificate
	if err != nil || json.Unmarshal(text, &read) != nil || read.Verdict != calibrate.Passed || read.Schema != 2 {
		t.Errorf("certificate: %s, %v, want schema 2 and a pass", text, err)
	}
}

// A property that was not judged is measured again, and one that failed is not.
func TestRunJudgesAgain(t *testing.T) {
	dir, verdict, runs := t.TempDir(), calibrate.Unjudged, 0
	p := calibrate.Property{Name: "gain", Duration: func(*calibrate.Lab) time.Duration { return 0 },
		Run: func(context.Context, *calibrate.Lab) (calibrate.Outcome, error) {
			runs++
			return calibrate.Outcome{Verdict: verdict}, nil
		}}
	for i, next := range []string{calibrate.Failed, calibrate.Passed, calibrate.Passed} {
		c, err := calibrate.Run(t.Context(), newLab(), order(dir, p))
		if want := []string{calibrate.Unjudged, calibrate.Failed, calibrate.Failed}[i]; err != nil || c.Verdict != want {
			t.Errorf("run %d: %+v, %v, want %q", i, c, err, want)
		}
		verdict = next
	}
	if runs != 2 {
		t.Errorf("the property was measured %d times, want 2", runs)
	}
}

func TestRunInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	p := calibrate.Repeated("gain", 3, func(i int) error { cancel(errBroken); return nil })
	c, err := calibrate.Run(ctx, newLab(), order(t.TempDir(), p))
	if !errors.Is(err, errBroken) || c == nil || len(c.Properties) != 0 {
		t.Errorf("Run = %+v, %v, want a certificate without the property, and %v", c, err, errBroken)
	}
}

// A directory with a different calibration is refused. With Restart that calibration is discarded.
func TestRunRefuses(t *testing.T) {
	p := calibrate.Repeated("gain", 1, func(int) error { return nil })
	dir := t.TempDir()
	if _, err := calibrate.Run(t.Context(), newLab(), order(dir, p)); err != nil {
		t.Fatal(err)
	}
	if seed, ok := calibrate.SeedIn(dir); !ok || seed != 7 {
		t.Errorf("SeedIn = %d, %v, want 7", seed, ok)
	}
	more := order(dir, p)
	more.Programs = maps.Clone(more.Programs)
	more.Programs["startup"] = "cc" // of a property that is selected later
	if _, err := calibrate.Run(t.Context(), newLab(), more); err != nil {
		t.Errorf("Run with another program = %v", err)
	}
	more.Programs["startup"] = "dd"
	if _, err := calibrate.Run(t.Context(), newLab(), more); err == nil ||
		!strings.Contains(err.Error(), "program startup has changed") {
		t.Errorf("Run with a changed program = %v", err)
	}
	for want, change := range map[string]func(o *calibrate.Options){
		"it was made by forktax v1, but this is v2": func(o *calibrate.Options) { o.Version = "v2" },
		"its mode is quick, not full":               func(o *calibrate.Options) { o.Mode = "full" },
		"its --hostile is false, not true":          func(o *calibrate.Options) { o.Hostile = true },
		"its --part is all, not 2/3":                func(o *calibrate.Options) { o.Part = plan.Part{Number: 2, Of: 3} },
		"its machine has 0 cores of \"\"":           func(o *calibrate.Options) { o.CPU = "other" },
		"its --seed is 7, not 8":                    func(o *calibrate.Options) { o.Seed = 8 },
		"program forktax has changed": func(o *calibrate.Options) {
			o.Programs = map[string]string{"forktax": "bb"}
		},
		"--restart to discard it, or --out to choose another directory": func(o *calibrate.Options) { o.Seed = 8 },
	} {
		o := order(dir, p)
		change(&o)
		_, err := calibrate.Run(t.Context(), newLab(), o)
		var unlike *calibrate.UnlikeError
		if !errors.As(err, &unlike) || !strings.Contains(err.Error(), want) {
			t.Errorf("Run = %v, want %q", err, want)
		}
		if o.Restart = true; strings.HasPrefix(want, "--restart") {
			if _, err := calibrate.Run(t.Context(), newLab(), o); err != nil {
				t.Errorf("Run with Restart = %v", err)
			}
			o := order(dir, p)
			o.Restart = true
			if _, err := calibrate.Run(t.Context(), newLab(), o); err != nil {
				t.Errorf("Run with Restart = %v", err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "state.jsonl"), []byte("{}\nnonsense\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := calibrate.Run(t.Context(), newLab(), order(dir, p))
	if err == nil || !strings.Contains(err.Error(), "state.jsonl:1") {
		t.Errorf("Run with an invalid state = %v, want an error with file and line", err)
	}
}

// A value within the limit passes whatever its interval. Beyond the limit the interval decides whether noise may be the
// cause.
func TestJudged(t *testing.T) {
	for name, c := range map[string]struct {
		value, low, high float64
		want             string
	}{
		"within":                          {1, 0.9, 1.1, calibrate.Passed},
		"within, with a wide interval":    {1, -5, 5, calibrate.Passed},
		"beyond, with a narrow interval":  {4, 3, 5, calibrate.Failed},
		"beyond, with the limit included": {4, 1, 5, calibrate.Unjudged},
		"not a number":                    {math.NaN(), 0, 0, calibrate.Failed},
	} {
		if got := calibrate.Judged(c.value, c.low, c.high, 0, 2); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestDigits(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 196: "196", 1.00021: "1.0002", -0.5: "−0.5", 42.123: "42.12",
		0.0123: "0.0123", 1234.5: "1234.5", -0.00001: "0"} {
		if got := calibrate.Digits(x); got != want {
			t.Errorf("digits(%v) = %q, want %q", x, got, want)
		}
	}
}

func TestNamed(t *testing.T) {
	if all, err := calibrate.Named(nil); err != nil || len(all) != len(calibrate.Properties()) {
		t.Errorf("Named() = %d, %v", len(all), err)
	}
	two, err := calibrate.Named([]string{"stall", "gain"})
	if err != nil || len(two) != 2 || two[0].Name != "gain" {
		t.Errorf("Named(stall, gain) = %+v, %v, want both in the table's order", two, err)
	}
	if _, err := calibrate.Named([]string{"luck"}); err == nil || !strings.Contains(err.Error(), "gain") {
		t.Errorf("Named(luck) = %v, want an error that lists the properties", err)
	}
}

// The Markdown certificate equals the golden file.
func TestCertificate(t *testing.T) {
	yes, no := true, false
	low, high, one, limit := 0.9991, 1.0013, 0.995, 1.005
	c := calibrate.Certificate{Schema: 1, Version: "v1", Mode: "quick", Hostile: true, Seed: 7, Seconds: 83.4,
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Verdict: calibrate.Failed,
		Environment: record.Environment{CPU: "a CPU", Cores: 2, OS: "linux", Kernel: "6.1", Arch: "amd64", Go: "go1.26"},
		Missing:     []string{"stall"},
		Properties: []calibrate.CertifiedProperty{
			{Name: "gain", About: "a slope", Must: "1 ± 0.005", Aim: "1 ± 0.001", Outcome: calibrate.Outcome{
				Verdict: calibrate.Passed, AimMet: &yes, Text: "It is straight.", Measures: []calibrate.Measure{{
					Name: "slope", Value: 1.0002, Low: &low, High: &high, N: 12, Of: "visits",
					Must: &calibrate.Range{Least: &one, Most: &limit}}}}},
			{Name: "lag", About: "lateness", Must: "at most 1 ms", Aim: "at most 0.1 ms", Outcome: calibrate.Outcome{
				Verdict: calibrate.Failed, AimMet: &no, Text: "It is late.", Measures: []calibrate.Measure{{
					Name: "lag p99", Unit: "ms", Value: 7, N: 6, Of: "visits", Must: &calibrate.Range{Most: &limit}}}}},
			{Name: "peer", About: "what others see", ForComparison: true, Outcome: calibrate.Outcome{
				Verdict: calibrate.Unmeasured, Text: "It is not installed.", Measures: []calibrate.Measure{},
				Table: &calibrate.Table{Header: []string{"a", "b"}, Rows: [][]string{{"1", "2"}, {"3", "4"}}}}},
		}}
	var got strings.Builder
	if err := c.Markdown(&got); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/certificate.md"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("certificate (-want +got):\n%s", diff)
	}
}
