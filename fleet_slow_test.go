//go:build slow

package forktax_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The shell steps of the example build both programs, measure two parts, and merge them.
func TestFleetExample(t *testing.T) {
	text, err := os.ReadFile("examples/fleet.yml")
	if err != nil {
		t.Fatal(err)
	}
	var w struct {
		Jobs struct{ Build, Measure, Verdict job }
	}
	if err := yaml.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	for _, s := range append(append(w.Jobs.Build.Steps, w.Jobs.Measure.Steps...), w.Jobs.Verdict.Steps...) {
		if s.Uses != "" && !regexp.MustCompile(`^actions/[a-z-]+@v[0-9]+$`).MatchString(s.Uses) {
			t.Errorf("%s is not pinned", s.Uses)
		}
	}
	r := newRunner(t, action{}, nil)
	r.values["runner.temp"], r.values["strategy.job-total"] = r.temp(), "2"
	r.dir = changedProgram(t)
	step := func(j job, id, dir string, replaced ...string) (string, int) {
		t.Helper()
		s := j.stepOf(t, id)
		s.Run = strings.NewReplacer(replaced...).Replace(s.Run)
		r.dir = dir
		return r.run(t, s)
	}
	if out, status := step(w.Jobs.Build, "build", r.dir); status != 0 {
		t.Fatalf("building the programs ended with %d:\n%s", status, out)
	}
	checkout, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	if out, status := step(w.Jobs.Build, "forktax", checkout); status != 0 {
		t.Fatalf("building forktax ended with %d:\n%s", status, out)
	}
	for _, part := range []string{"1", "2"} {
		r.values["matrix.part"] = part
		out, status := step(w.Jobs.Measure, "measure", t.TempDir(), "--budget 60s",
			"--budget 12s --gates cpu_per_request,response_p50")
		if status != 0 {
			t.Fatalf("measuring part %s ended with %d:\n%s", part, status, out)
		}
		// In the workflow, artifacts move the part.
		moved := filepath.Join(r.temp(), "artifacts", "part-"+part)
		if err := os.MkdirAll(filepath.Dir(moved), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(r.temp(), "part"), moved); err != nil {
			t.Fatal(err)
		}
	}
	programs := filepath.Join(r.temp(), "artifacts", "programs")
	if err := os.Mkdir(programs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(r.temp(), "programs.tar"), filepath.Join(programs, "programs.tar")); err != nil {
		t.Fatal(err)
	}
	out, status := step(w.Jobs.Verdict, "merge", t.TempDir())
	// Here, all parts are on one machine.
	if status != 3 || !strings.Contains(out, "parts on other machines, which alone can confirm an alarm") {
		t.Errorf("the verdict on a program with 5 ms more ended with %d, want 3:\n%s", status, out)
	}
	if strings.Contains(out, "clock") { // machines of a check need no common clock
		t.Errorf("the verdict names clocks:\n%s", out)
	}
}

// changedProgram returns a clone of a repository with a CGI program, on a branch that makes it slower.
func changedProgram(t *testing.T) string {
	t.Helper()
	origin, clone := t.TempDir(), filepath.Join(t.TempDir(), "clone")
	write := func(dir, name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git := func(dir string, args ...string) {
		t.Helper()
		c := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	const program = `package main

import (
	"fmt"
	"time"
)

func main() {
	for began := time.Now(); time.Since(began) < delay; {
	}
	fmt.Print("Content-Type: text/plain\r\n\r\nhello\n")
}
`
	write(origin, "go.mod", "module app\n\ngo 1.24\n")
	write(origin, "cmd/app/main.go", program)
	write(origin, "cmd/app/delay.go", "package main\n\nconst delay = 0\n")
	git(origin, "init", "-q", "-b", "main")
	git(origin, "add", ".")
	git(origin, "commit", "-q", "-m", "app: say hello")
	git(origin, "clone", "-q", origin, clone)
	write(clone, "cmd/app/delay.go", "package main\n\nimport \"time\"\n\nconst delay = 5 * time.Millisecond\n")
	git(clone, "commit", "-q", "-a", "-m", "app: start slowly")
	return clone
}
