//go:build slow

package forktax_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The unchanged steps of the workflow build forktax, measure a property in two parts, and merge the parts.
func TestCertificateOfTheWorkflow(t *testing.T) {
	measure, merge := certificateWorkflow(t)
	checkout, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	r := partRunner(t, "--quick --only arrivals", 1, 2)
	r.dir = checkout
	if out, status := r.run(t, measure.stepOf(t, "build")); status != 0 {
		t.Fatalf("building ended with %d:\n%s", status, out)
	}
	if err := os.Mkdir(filepath.Join(r.temp(), "parts"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"1", "2"} {
		r.values["matrix.part"] = part
		if out, status := r.run(t, measure.stepOf(t, "measure")); status != 0 {
			t.Fatalf("measuring part %s ended with %d:\n%s", part, status, out)
		}
		// In the workflow, artifacts move the part.
		if err := os.Rename(filepath.Join(r.temp(), "part"), filepath.Join(r.temp(), "parts", "part-"+part)); err != nil {
			t.Fatal(err)
		}
	}
	// The machine may be too noisy for a verdict.
	if out, status := r.run(t, merge.stepOf(t, "merge")); status != 0 && status != 3 {
		t.Fatalf("merging ended with %d:\n%s", status, out)
	}
	summary, err := os.ReadFile(filepath.Join(r.temp(), "summary.md"))
	if err != nil || !strings.Contains(string(summary), "merged from 2 parts") {
		t.Errorf("the summary of the job is %v\n%s", err, summary)
	}
	if _, err := os.Stat(filepath.Join(r.temp(), "certificate", "certificate.json")); err != nil {
		t.Error(err)
	}
}
