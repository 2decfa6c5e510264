//go:build slow

package forktax_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The action builds forktax from its own checkout and checks a program against a copy of itself. The remaining steps
// of the workflow in docs/check.md then use its outputs.
func TestActionChecks(t *testing.T) {
	a := theAction(t)
	r := newRunner(t, a, map[string]string{"base": "./old", "candidate": "./new", "budget": "10s"})
	const program = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello\\n'\n"
	for _, name := range []string{"old", "new"} {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(program), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var out string
	var status int
	for _, s := range a.Runs.Steps {
		if s.Uses != "" {
			continue
		}
		if out, status = r.run(t, s); status != 0 && s.ID != "check" {
			t.Fatalf("a step ended with %d:\n%s\n%s", status, s.Run, out)
		}
	}
	// Both programs are the same, so a regression would be a false alarm: one check in a hundred. The machine may be too
	// noisy for a verdict.
	verdict := r.resolve(t, a.Outputs["verdict"].Value)
	if want := map[int]string{0: "pass", 3: "inconclusive"}[status]; verdict != want || want == "" {
		t.Errorf("the check ended with %d, and the verdict %q:\n%s", status, verdict, out)
	}
	if !strings.Contains(out, "::notice title=forktax check::"+verdict) {
		t.Errorf("no annotation has the verdict:\n%s", out)
	}
	if summary, _ := os.ReadFile(filepath.Join(r.temp(), "summary.md")); !strings.HasPrefix(string(summary),
		"# forktax check: "+verdict) {
		t.Errorf("the summary of the job is\n%s", summary)
	}
	r.values["steps.forktax.outputs.verdict"] = verdict
	r.values["steps.forktax.outputs.out"] = r.resolve(t, a.Outputs["out"].Value)
	for _, s := range shown(t) {
		if s.Run == "" {
			continue
		}
		if out, status := r.run(t, s); status != 0 || !strings.Contains(out, verdict) {
			t.Errorf("a step of the documented workflow ended with %d:\n%s", status, out)
		}
		if _, err := os.Stat(filepath.Join(r.dir, "reports", "junit.xml")); err != nil {
			t.Error(err)
		}
	}
}
