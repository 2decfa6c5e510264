package calibrate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/calibrate"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// fleetCPUs are the CPUs of the machines that measure parts 1 to 3.
var fleetCPUs = []string{"AMD EPYC 7763", "Intel Xeon 8370C", "AMD EPYC 7763"}

// measurePart measures a part on a machine of the fleet, and returns its directory.
func measurePart(t *testing.T, l *calibrate.Lab, part plan.Part, seed uint64,
	properties ...calibrate.Property) string {
	t.Helper()
	o := order(t.TempDir(), properties...)
	l.Seed, o.Seed, o.Part = seed, seed, part
	o.Environment = record.Environment{CPU: fleetCPUs[(part.Number-1)%3], Cores: 4, OS: "linux", Arch: "amd64",
		Programs: []record.Program{{Workload: "startup", SHA256: "aa"}}}
	if _, err := calibrate.Run(t.Context(), l, o); err != nil {
		t.Fatal(err)
	}
	return o.Dir
}

// fleetProperties returns properties with 20 checks of identical programs, four checks with a thief, and no checks.
func fleetProperties(t *testing.T) []calibrate.Property {
	return append(named(t, "alike", "thief-10"), calibrate.Repeated("gain", 1, func(int) error { return nil }))
}

// Three merged parts have the measures that one machine would have, and a table of the checks by CPU model.
func TestMerge(t *testing.T) {
	l := kinds([]string{analysis.Pass}, []string{analysis.Regression})
	var parts []string
	for _, number := range []int{3, 1, 2} { // in any order
		parts = append(parts, measurePart(t, l, plan.Part{Number: number, Of: 3}, 7, fleetProperties(t)...))
	}
	parts[1] = filepath.Join(parts[1], "certificate.json") // the file or its directory
	got, err := calibrate.MergeFiles(parts, "v1")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := calibrate.Run(t.Context(), l, order(t.TempDir(), fleetProperties(t)...))
	if err != nil {
		t.Fatal(err)
	}
	if got.Verdict != calibrate.Passed || len(got.Parts) != 3 || len(got.Properties) != 3 {
		t.Fatalf("MergeFiles = %+v, want a pass with three properties from three parts", got)
	}
	for i, p := range whole.Properties {
		if diff := cmp.Diff(p.Measures, got.Properties[i].Measures); diff != "" {
			t.Errorf("%s on one machine (-) and on three (+):\n%s", p.Name, diff)
		}
	}
	// Of 20 checks the parts have 6, 7 and 7; of four, 1, 1 and 2.
	want := map[string][][]string{
		"alike": {{"AMD EPYC 7763", "13", "13", "0", "3 s", "0", "–", "–", "–"},
			{"Intel Xeon 8370C", "7", "7", "0", "3 s", "0", "–", "–", "–"},
			{"all", "20", "20", "0", "3 s", "0", "–", "–", "–"}},
		"thief-10": {{"AMD EPYC 7763", "2", "2", "0", "3 s", "1", "1", "0", "3 s"},
			{"Intel Xeon 8370C", "0", "–", "–", "–", "1", "1", "0", "3 s"},
			{"all", "2", "2", "0", "3 s", "2", "2", "0", "3 s"}},
	}
	for _, p := range got.Properties {
		if rows, ok := want[p.Name]; ok {
			if diff := cmp.Diff(rows, p.Table.Rows); diff != "" {
				t.Errorf("%s by CPU (-want +got):\n%s", p.Name, diff)
			}
			continue
		}
		if !strings.HasPrefix(p.Text, "Measured in part 2/3, on Intel Xeon 8370C.") {
			t.Errorf("%s: %q, want part and CPU", p.Name, p.Text)
		}
	}
	var text bytes.Buffer
	if err := got.Markdown(&text); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"| AMD EPYC 7763, 4 cores, linux amd64 | 1, 3 |",
		"| Intel Xeon 8370C, 4 cores, linux amd64 | 2 |", "| all | 3 |", "merged from 3 parts"} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("the certificate does not contain %q:\n%s", line, text.String())
		}
	}
	dir := filepath.Join(t.TempDir(), "fleet")
	if err := got.Write(dir); err != nil {
		t.Fatal(err)
	}
	_, err = calibrate.MergeFiles([]string{dir}, "v1")
	if err == nil || !strings.Contains(err.Error(), "already merged") {
		t.Errorf("MergeFiles of a merged certificate = %v, want an error", err)
	}
}

// A part is not judged by the limits of the whole calibration, and lacks the properties of other parts.
func TestPartIsPartial(t *testing.T) {
	l := kinds([]string{analysis.Regression}, []string{analysis.Pass})
	dir := measurePart(t, l, plan.Part{Number: 1, Of: 3}, 7, fleetProperties(t)...)
	c, err := calibrate.ReadCertificate(dir)
	if err != nil || c.Verdict != calibrate.Partial || len(c.Properties) != 2 {
		t.Fatalf("ReadCertificate = %+v, %v, want a part without gain", c, err)
	}
	if slices.Contains(c.Missing, "gain") || !slices.Contains(c.Missing, "percentiles") {
		t.Errorf("Missing = %v, want percentiles, which is in the part, and not gain", c.Missing)
	}
}

// A merged certificate is judged by the limits for all checks together, which allow one alarm of 200.
func TestMergeJudges(t *testing.T) {
	for name, c := range map[string]struct {
		alarms int // alarms in 200 checks
		want   string
	}{"one alarm": {1, calibrate.Passed}, "two alarms": {2, calibrate.Failed}} {
		verdicts := slices.Repeat([]string{analysis.Pass}, 200)
		for i := range c.alarms {
			verdicts[150*i] = analysis.Regression
		}
		l := kinds(verdicts, nil)
		l.Full = true
		var parts []string
		for number := 1; number <= 3; number++ {
			o := order(t.TempDir(), named(t, "alike")...)
			o.Mode, o.Part = calibrate.ModeFull, plan.Part{Number: number, Of: 3}
			l.Seed = o.Seed
			if _, err := calibrate.Run(t.Context(), l, o); err != nil {
				t.Fatal(err)
			}
			parts = append(parts, o.Dir)
		}
		if got, err := calibrate.MergeFiles(parts, "v1"); err != nil || got.Verdict != c.want {
			t.Errorf("%s: %+v, %v, want %q", name, got, err, c.want)
		}
	}
}

// If some machines do not permit the thief, the property is not judged; if none does, it is skipped.
func TestMergeSkipped(t *testing.T) {
	for name, c := range map[string]struct {
		refused int // parts
		want    string
	}{"one of two": {1, calibrate.Unjudged}, "both": {2, calibrate.Skipped}} {
		var parts []string
		for number := 1; number <= 2; number++ {
			l := kinds([]string{analysis.Pass}, []string{analysis.Regression})
			if number <= c.refused {
				calibrate.SetThief(l, 1, "CAP_SYS_NICE is missing")
			}
			parts = append(parts, measurePart(t, l, plan.Part{Number: number, Of: 2}, 7, named(t, "thief-10")...))
		}
		got, err := calibrate.MergeFiles(parts, "v1")
		if err != nil || got.Properties[0].Verdict != c.want || !strings.Contains(got.Properties[0].Text, "CAP_SYS_NICE") {
			t.Errorf("%s: %+v, %v, want %q with the reason", name, got, err, c.want)
		}
	}
}

// Files that are not the parts of one calibration are refused. The error names the file and the problem.
func TestMergeRefuses(t *testing.T) {
	l := kinds([]string{analysis.Pass}, []string{analysis.Regression})
	part := func(number, of int, seed uint64) string {
		return measurePart(t, l, plan.Part{Number: number, Of: of}, seed, named(t, "alike")...)
	}
	one, two := part(1, 2, 7), part(2, 2, 7)
	whole := order(t.TempDir(), named(t, "alike")...)
	if _, err := calibrate.Run(t.Context(), l, whole); err != nil {
		t.Fatal(err)
	}
	changed := func(dir string, change func(c *calibrate.Certificate)) string {
		c, err := calibrate.ReadCertificate(dir)
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return file(t, string(text))
	}
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"none":         {nil, "no certificate given"},
		"no file":      {[]string{"nothing"}, "no such file"},
		"no JSON":      {[]string{file(t, "# Certificate")}, "not a certificate.json of forktax calibrate: "},
		"another JSON": {[]string{file(t, `{"schema":2}`)}, "not a certificate.json of forktax calibrate with schema 2"},
		"whole": {[]string{whole.Dir, two}, "certificate of a whole calibration; give parts, made by forktax calibrate " +
			"--part"},
		"one is missing": {[]string{two}, "missing parts: 1/2"},
		"one twice":      {[]string{one, two, one}, "part 1/2 was given twice: " + one},
		"of other parts": {[]string{one, part(2, 3, 7)}, "all must have the same number of parts"},
		"the same seeds": {[]string{one, part(2, 2, 0)}, "alike has a check with seed 11, and so has " + one},
		"another version": {[]string{one, changed(two, func(c *calibrate.Certificate) { c.Version = "v2" })},
			"made by forktax v2, but this is v1"},
		"another mode": {[]string{one, changed(two, func(c *calibrate.Certificate) { c.Mode = calibrate.ModeFull })},
			"is of a full calibration"},
		"another program": {[]string{one, changed(two, func(c *calibrate.Certificate) {
			c.Environment.Programs[0].SHA256 = "bb"
		})}, "program startup differs from the one measured by other parts"},
		"not measured": {[]string{one, changed(two, func(c *calibrate.Certificate) { c.Properties = c.Properties[:0] })},
			"alike is not measured, but " + one + " has it"},
		"too few checks": {[]string{one, changed(two, func(c *calibrate.Certificate) {
			c.Properties[0].Checks = c.Properties[0].Checks[1:]
		})}, "alike has 9 checks, but part 2/2 needs 10"},
		"no such part": {[]string{one, changed(two, func(c *calibrate.Certificate) { c.Part.Number = 3 })},
			"invalid part 3/2"},
	} {
		if _, err := calibrate.MergeFiles(c.files, "v1"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: MergeFiles = %v, want %q", name, err, c.want)
		}
	}
}

// file writes the text to a file and returns its name.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "certificate.json")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}
