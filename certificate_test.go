package forktax_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// A job holds the parts of a workflow's job that the tests use.
type job struct {
	Strategy struct{ Matrix struct{ Part []int } }
	Steps    []step
}

// certificateWorkflow returns the jobs that make a certificate on hosted runners.
func certificateWorkflow(t *testing.T) (measure, merge job) {
	t.Helper()
	text, err := os.ReadFile(".github/workflows/certificate.yml")
	if err != nil {
		t.Fatal(err)
	}
	var w struct{ Jobs struct{ Measure, Merge job } }
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	return w.Jobs.Measure, w.Jobs.Merge
}

// stepOf returns the step of the job with the given ID.
func (j job) stepOf(t *testing.T, id string) step {
	t.Helper()
	i := slices.IndexFunc(j.Steps, func(s step) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("the workflow has no step %s", id)
	}
	return j.Steps[i]
}

// partRunner returns a runner for measuring one part. args are options of forktax calibrate.
func partRunner(t *testing.T, args string, part, of int) *runner {
	t.Helper()
	r := newRunner(t, action{}, nil)
	r.values["inputs.args"], r.values["github.run_id"] = args, "77"
	r.values["matrix.part"], r.values["strategy.job-total"] = fmt.Sprint(part), fmt.Sprint(of)
	return r
}

// install installs a script instead of the forktax that the workflow builds.
func (r *runner) install(t *testing.T, text string) {
	t.Helper()
	bin := filepath.Join(r.temp(), "forktax", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "forktax"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// arguments returns the arguments that standIn recorded.
func (r *runner) arguments(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.temp(), "arguments"))
	if err != nil {
		t.Fatalf("forktax was not run: %v", err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// The jobs measure all parts, numbered from 1. Actions are pinned, and the last job downloads the artifacts that the
// other jobs upload.
func TestCertificateWorkflow(t *testing.T) {
	measure, merge := certificateWorkflow(t)
	for i, part := range measure.Strategy.Matrix.Part {
		if part != i+1 {
			t.Errorf("parts are %v, want all from 1 on", measure.Strategy.Matrix.Part)
		}
	}
	left := map[string]string{}
	for _, s := range slices.Concat(measure.Steps, merge.Steps) {
		if s.Uses != "" && !regexp.MustCompile(`^actions/[a-z-]+@v[0-9]+$`).MatchString(s.Uses) {
			t.Errorf("%s is not pinned", s.Uses)
		}
		if action, _, _ := strings.Cut(s.Uses, "@"); s.With["name"]+s.With["pattern"] != "" {
			left[action+" "+s.With["name"]+s.With["pattern"]] = s.With["path"]
		}
	}
	want := map[string]string{"actions/upload-artifact part-${{ matrix.part }}": "${{ runner.temp }}/part",
		"actions/download-artifact part-*":    "${{ runner.temp }}/parts",
		"actions/upload-artifact certificate": "${{ runner.temp }}/certificate"}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("artifacts (-want +got):\n%s", diff)
	}
}

// A part with a failed or inconclusive property (exit status 4 or 3) is merged like any other part. A part that could
// not be measured fails the job.
func TestCertificateIsMeasuredInParts(t *testing.T) {
	measure, _ := certificateWorkflow(t)
	for status, want := range map[string]int{"0": 0, "1": 1, "2": 2, "3": 0, "4": 0, "130": 130} {
		r := partRunner(t, "--quick  --only $(touch pwned)", 2, 8)
		r.install(t, standIn)
		r.env = append(r.env, "STATUS="+status)
		if out, got := r.run(t, measure.stepOf(t, "measure")); got != want {
			t.Errorf("after status %s the step ended with %d, want %d:\n%s", status, got, want, out)
		}
		arguments := []string{"calibrate", "--quick", "--only", "$(touch", "pwned)", "--part", "2/8", "--seed", "77", "--out",
			filepath.Join(r.temp(), "part")}
		if diff := cmp.Diff(arguments, r.arguments(t)); diff != "" {
			t.Errorf("arguments (-want +got):\n%s", diff)
		}
	}
}

// All parts are merged, and the job ends with the exit status of forktax merge.
func TestCertificateIsMerged(t *testing.T) {
	_, merge := certificateWorkflow(t)
	for _, status := range []string{"0", "3", "4", "2"} {
		r := newRunner(t, action{}, nil)
		r.install(t, standIn)
		r.env = append(r.env, "STATUS="+status)
		want := []string{"merge", "--out", filepath.Join(r.temp(), "certificate")}
		for _, part := range []string{"part-1", "part-2"} {
			dir := filepath.Join(r.temp(), "parts", part)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			want = append(want, dir)
		}
		if out, got := r.run(t, merge.stepOf(t, "merge")); fmt.Sprint(got) != status {
			t.Errorf("after status %s the step ended with %d:\n%s", status, got, out)
		}
		if diff := cmp.Diff(want, r.arguments(t)); diff != "" {
			t.Errorf("arguments (-want +got):\n%s", diff)
		}
	}
}
