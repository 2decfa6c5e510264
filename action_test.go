package forktax_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// A step is a step of a workflow or of a composite action.
type step struct {
	ID    string
	If    string
	Uses  string
	Shell string
	Run   string
	Env   map[string]string
	With  map[string]string
}

type input struct{ Description, Default string }

// action holds the parts of action.yml that the tests use.
type action struct {
	Inputs  map[string]input
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []step
	}
}

func theAction(t *testing.T) action {
	t.Helper()
	text, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// workflows returns the YAML blocks of docs/check.md.
func workflows(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, block[1])
	}
	if len(found) == 0 {
		t.Fatal("docs/check.md shows no workflow")
	}
	return found
}

// A runner executes the shell steps of a workflow as GitHub's runner does.
type runner struct {
	dir     string            // working directory of steps
	values  map[string]string // values of expressions, by name
	env     []string
	outputs string // file to which a step writes its outputs
}

func newRunner(t *testing.T, a action, inputs map[string]string) *runner {
	t.Helper()
	checkout, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	r := &runner{dir: t.TempDir(), outputs: filepath.Join(temp, "output"),
		values: map[string]string{"github.action_path": checkout, "github.base_ref": "main"}}
	for name, i := range a.Inputs {
		r.values["inputs."+name] = i.Default
	}
	for name, value := range inputs {
		if _, ok := a.Inputs[name]; !ok {
			t.Fatalf("the action has no input %s", name)
		}
		r.values["inputs."+name] = value
	}
	r.env = append(os.Environ(), "GITHUB_ACTIONS=true", "GITHUB_ACTION_PATH="+checkout, "RUNNER_TEMP="+temp,
		"GITHUB_OUTPUT="+r.outputs, "GITHUB_PATH="+filepath.Join(temp, "path"),
		"GITHUB_ENV="+filepath.Join(temp, "env"), "GITHUB_STEP_SUMMARY="+filepath.Join(temp, "summary.md"))
	return r
}

func (r *runner) temp() string { return filepath.Dir(r.outputs) }

var expression = regexp.MustCompile(`\$\{\{ *([a-z_.-]+) *\}\}`)

// resolve replaces the expressions in a text by their values.
func (r *runner) resolve(t *testing.T, text string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		name := expression.FindStringSubmatch(e)[1]
		value, ok := r.values[name]
		if !ok {
			t.Fatalf("nothing is known of %s", name)
		}
		return value
	})
}

// run executes a step and returns its output and exit status. It adds the outputs of the step to r.values.
func (r *runner) run(t *testing.T, s step) (out string, status int) {
	t.Helper()
	if expression.MatchString(s.Run) || strings.Contains(s.Run, "${{") {
		t.Errorf("a script has an expression in it, by which an input could be a part of the script:\n%s", s.Run)
	}
	script := filepath.Join(t.TempDir(), "step.sh")
	if err := os.WriteFile(script, []byte(s.Run), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.outputs, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	c.Dir, c.Env = r.dir, r.env
	for name, value := range s.Env {
		c.Env = append(c.Env, name+"="+r.resolve(t, value))
	}
	text, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	told, err := os.ReadFile(r.outputs)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(told)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			t.Errorf("the output %q is not a name=value", line)
		}
		r.values["steps."+s.ID+".outputs."+name] = value
	}
	return string(text), c.ProcessState.ExitCode()
}

// stepOf returns the step with the given ID.
func (a action) stepOf(t *testing.T, id string) step {
	t.Helper()
	i := slices.IndexFunc(a.Runs.Steps, func(s step) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("action.yml has no step %s", id)
	}
	return a.Runs.Steps[i]
}

// standIn is a script that replaces forktax: it records its arguments and exits with the status $STATUS.
const standIn = `#!/bin/sh
printf '%s\n' "$@" >"$RUNNER_TEMP/arguments"
exit "$STATUS"
`

// Inputs are passed as arguments unchanged, whatever characters they contain. The outputs hold the verdict and the
// directory of the result.
func TestActionPassesItsInputs(t *testing.T) {
	a := theAction(t)
	for name, test := range map[string]struct {
		inputs  map[string]string
		status  string
		want    []string // arguments after check --out OUT --results RESULTS
		verdict string
	}{
		"two programs": {map[string]string{"base": "./old app", "candidate": "./new"}, "0",
			[]string{"--base", "./old app", "--candidate", "./new", "--margin", "3%", "--must-catch", "10%", "--budget",
				"60s"}, "pass"},
		"two refs": {map[string]string{"base-ref": "origin/main", "candidate-ref": "v2",
			"build":  "go build -o {out} ./cmd/app",
			"margin": "5%", "must-catch": "20%", "budget": "20s", "args": " --alpha 5%\n --seed  7\n"}, "3",
			[]string{"--base-ref", "origin/main", "--candidate-ref", "v2", "--build", "go build -o {out} ./cmd/app", "--margin",
				"5%",
				"--must-catch", "20%", "--budget", "20s", "--alpha", "5%", "--seed", "7"}, "inconclusive"},
		"margins": {map[string]string{"base": "a", "candidate": "b",
			"margin": "3%\n  files_opened=20%,+10\n\nprocesses=+1\n"}, "0",
			[]string{"--base", "a", "--candidate", "b", "--margin", "3%", "--margin", "files_opened=20%,+10", "--margin",
				"processes=+1", "--must-catch", "10%", "--budget", "60s"}, "pass"},
		"what would be a command": {map[string]string{"base": "$(touch pwned)", "candidate": "`touch pwned`; touch pwned",
			"build": "'; touch pwned; '", "args": "$(touch pwned) ; * && touch"}, "4",
			[]string{"--base", "$(touch pwned)", "--candidate", "`touch pwned`; touch pwned", "--build", "'; touch pwned; '",
				"--margin", "3%", "--must-catch", "10%", "--budget", "60s", "$(touch", "pwned)", ";", "*", "&&", "touch"}, "regression"},
		"a failure is not a regression": {nil, "1", []string{"--margin", "3%", "--must-catch", "10%", "--budget", "60s"},
			"error"},
		"wrong usage": {nil, "2", []string{"--margin", "3%", "--must-catch", "10%", "--budget", "60s"},
			"error"},
		"undecided, which is to pass": {map[string]string{"fail-on": "regression"}, "3",
			[]string{"--margin", "3%", "--must-catch", "10%", "--budget", "60s"}, "inconclusive"},
		"a regression, which is to fail": {map[string]string{"fail-on": "regression"}, "4",
			[]string{"--margin", "3%", "--must-catch", "10%", "--budget", "60s"}, "regression"},
		"interrupted": {nil, "130", []string{"--margin", "3%", "--must-catch", "10%", "--budget", "60s"}, "error"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t, a, test.inputs)
			bin := filepath.Join(r.temp(), "forktax", "bin")
			if err := os.MkdirAll(bin, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(bin, "forktax"), []byte(standIn), 0o755); err != nil {
				t.Fatal(err)
			}
			r.env = append(r.env, "STATUS="+test.status)
			if out, status := r.run(t, a.stepOf(t, "caller")); status != 0 {
				t.Fatalf("the step caller ended with %d:\n%s", status, out)
			}
			out, status := r.run(t, a.stepOf(t, "check"))
			want := test.status
			if want == "3" && test.inputs["fail-on"] == "regression" {
				want = "0"
			}
			if strconv.Itoa(status) != want {
				t.Errorf("the step ended with %d, want %s:\n%s", status, want, out)
			}
			text, err := os.ReadFile(filepath.Join(r.temp(), "arguments"))
			if err != nil {
				t.Fatalf("forktax was not run: %v\n%s", err, out)
			}
			got := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			dir := r.resolve(t, a.Outputs["out"].Value)
			arguments := append([]string{"check", "--out", dir, "--results", filepath.Join(r.temp(), "forktax", "results")},
				test.want...)
			if diff := cmp.Diff(arguments, got); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			if got := r.resolve(t, a.Outputs["verdict"].Value); got != test.verdict {
				t.Errorf("the verdict is %q, want %q", got, test.verdict)
			}
			if _, err := os.Stat(filepath.Join(r.dir, "pwned")); err == nil {
				t.Error("an input was executed")
			}
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				t.Errorf("the output out is %q: %v", dir, err)
			}
		})
	}
}

// An invalid input fails before anything is measured.
func TestActionRefusesItsInputs(t *testing.T) {
	a := theAction(t)
	r := newRunner(t, a, map[string]string{"fail-on": "never"})
	r.run(t, a.stepOf(t, "caller"))
	out, status := r.run(t, a.stepOf(t, "check"))
	if verdict := r.resolve(t, a.Outputs["verdict"].Value); status != 2 || verdict != "error" ||
		!strings.Contains(out, "fail-on") {
		t.Errorf("the step ended with %d, verdict %q:\n%s", status, verdict, out)
	}
}

// shown returns the steps of the workflows in docs/check.md.
func shown(t *testing.T) []step {
	t.Helper()
	var steps []step
	for _, text := range workflows(t) {
		var w struct {
			Jobs map[string]struct{ Steps []step }
		}
		if err := yaml.Unmarshal([]byte(text), &w); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		for _, j := range w.Jobs {
			steps = append(steps, j.Steps...)
		}
	}
	return steps
}

// The documented workflow uses only inputs and outputs that the action has. Actions of GitHub are
// pinned to a major version.
func TestWorkflowOfTheReadme(t *testing.T) {
	a := theAction(t)
	if a.Runs.Using != "composite" {
		t.Errorf("the action is run by %q, want composite", a.Runs.Using)
	}
	used := false
	for _, s := range append(shown(t), a.Runs.Steps...) {
		if strings.HasPrefix(s.Uses, "actions/") && !regexp.MustCompile(`@v[0-9]+$`).MatchString(s.Uses) {
			t.Errorf("%s is not pinned", s.Uses)
		}
		if s.Uses == "" && s.Run == "" {
			t.Errorf("a step does nothing: %+v", s)
		}
		for _, value := range s.Env {
			if name, ok := strings.CutPrefix(value, "${{ steps.forktax.outputs."); ok {
				if _, ok := a.Outputs[strings.TrimSuffix(name, " }}")]; !ok {
					t.Errorf("the action has no output %s", value)
				}
			}
		}
		if !strings.Contains(s.Uses, "/forktax@") {
			continue
		}
		used = true
		for name := range s.With {
			if _, ok := a.Inputs[name]; !ok {
				t.Errorf("the action has no input %s", name)
			}
		}
	}
	if !used {
		t.Error("the documented workflow does not use the action")
	}
	for name, i := range a.Inputs {
		if i.Description == "" {
			t.Errorf("the input %s has no description", name)
		}
	}
}
