//go:build slow

package forktax_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forktax/bench/subject"
)

// A tree is a copy of the module. It records the names of the files that the test writes.
type tree struct {
	t       *testing.T
	dir     string
	written []string
}

func copiedTree(t *testing.T) *tree { return &tree{t: t, dir: copied(t)} }

// write writes a file in the copy and records its name.
func (c *tree) write(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
	if !slices.Contains(c.written, name) {
		c.written = append(c.written, name)
	}
}

// add inserts a line into a file, after a line that occurs exactly once.
func (c *tree) add(name, after, line string) {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil || strings.Count(string(text), after) != 1 {
		c.t.Fatalf("%s has not one line %q (%v)", name, after, err)
	}
	c.write(name, strings.Replace(string(text), after, after+line, 1))
}

// run runs a command in the copy and returns its output.
func (c *tree) run(command ...string) string {
	c.t.Helper()
	return output(c.t, c.dir, []string{"FORKTAX_REQUIRE_ALL="}, command...) // the npm modules are not copied
}

// slowTags returns the tags of slow tests, with those of workload programs, with which .ci/run compiles all packages.
func slowTags(t *testing.T) string {
	t.Helper()
	for _, flag := range subject.BuildFlags() {
		if tags, ok := strings.CutPrefix(flag, "-tags="); ok {
			return tags + ",slow"
		}
	}
	t.Fatal("workload programs are built without tags")
	return ""
}

// wrote checks that the addition needed exactly the files want.
func (c *tree) wrote(want ...string) {
	c.t.Helper()
	if !slices.Equal(c.written, want) {
		c.t.Errorf("the addition takes the files %q, want %q", c.written, want)
	}
}

// A workload is added by its directory alone. It is then listed and measured, and the conformance suite of all
// workloads includes it.
func TestAddAWorkload(t *testing.T) {
	c := copiedTree(t)
	c.write("cmd/forktax-echo/main.go", `// Forktax-echo responds with the query.
package main

import (
	"io"
	"net/http"

	"forktax/workload"
)

func main() {
	workload.Main(workload.Workload{
		Name:     "echo",
		About:    "the query",
		Requests: []workload.Request{{Name: "query", Method: http.MethodGet, Path: "/?hello", Want: workload.Want{Body: "hello"}}},
		Open: workload.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, r.URL.RawQuery)
		})),
	})
}
`)
	c.wrote("cmd/forktax-echo/main.go")
	if out := c.run("go", "run", "./cmd/forktax", "list"); !strings.Contains(out,
		"echo: the query\n  echo/query  GET /?hello\n") {
		t.Errorf("forktax list prints\n%s", out)
	}
	if out := c.run("go", "test", "-tags", slowTags(t), "-v", "-run", "^TestWorkloadsConform$/^echo$",
		"."); !strings.Contains(out,
		"--- PASS: TestWorkloadsConform/echo ") {
		t.Errorf("the conformance suite prints\n%s", out)
	}
	if out := c.run("go", "run", "./cmd/forktax", "run", "--workload", "echo", "--rounds", "12", "--starts", "3",
		"--block", "5ms",
		"--clients", "1", "--no-floor", "--no-cross-check", "--allow-different-responses"); !strings.Contains(out,
		"\necho/query: cgi ") {
		t.Errorf("forktax run prints\n%s", out)
	}
}

// A contender of a suite is added by its entry, and its file if it has one.
func TestAddAContender(t *testing.T) {
	c := copiedTree(t)
	c.write("suites/programs/again.sh", "#!/bin/sh\nprintf 'Content-Type: text/plain; charset=utf-8\\n\\nhello\\n'\n")
	c.add("suites/bursts.yaml", `  - {group: hello, name: "cgi-direct", model: "cgi-direct"}`+"\n",
		"  - {group: hello, name: again, title: a shell, cgi: programs/again.sh}\n")
	c.wrote("suites/programs/again.sh", "suites/bursts.yaml")
	// On a busy machine, the run may be inconclusive (exit status 3).
	if out := c.run("sh", "-c", `go build -o forktax ./cmd/forktax && { ./forktax run --suite bursts --details --rounds 6 \
		--starts 3 --block 100ms --warm-up 0; case $? in 0 | 3) ;; *) false ;; esac; }`); !strings.Contains(out, " again ") || strings.Contains(out, "failed:") {
		t.Errorf("forktax run prints\n%s", out)
	}
}

// A column is added by a row. A command generates the document of the columns from the rows.
func TestAddAColumn(t *testing.T) {
	c := copiedTree(t)
	c.add("bench/report/columns.go", `	{Key: "engine", In: inCSV, About: "Load generator."},`+"\n",
		`	{Name: "sound", CSV: "sound_blocks", In: inCosts | inCSV, Unit: counts, About: "Blocks that are in comparisons.",
		Text: of(func(c analysis.Cell) string { return fmt.Sprint(c.Blocks - c.InvalidBlocks) })},
`)
	c.wrote("bench/report/columns.go")
	c.run("go", "test", "./bench/report", "-run", "Document", "-update")
	out := c.run("go", "run", "./cmd/forktax", "run", "--workload", "hello", "--rounds", "6", "--starts", "3", "--block",
		"5ms",
		"--clients", "1", "--no-floor", "--no-cross-check", "--out", "formats")
	for file, want := range map[string]string{"report.txt": " sound ", "report.md": "| sound |",
		"report.html": "Blocks that are in comparisons.",
		"cells.csv":   ",sound_blocks,"} {
		text, err := os.ReadFile(filepath.Join(c.dir, "formats", file))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s does not have %q: %v\n%s", file, want, err, out)
		}
	}
	c.run("go", "test", "./bench/report", "-run", "Document") // the test of the CSV header, which is public, would fail
}

// A model is added by its package and its row. It is then in all lists and in the conformance suite of all models. The
// row has two halves, since the harness must not link the package: see package workload/model.
func TestAddAModel(t *testing.T) {
	c := copiedTree(t)
	write, add, run := c.write, c.add, c.run
	write("same/model.go", `// Package same is the model persistent under another name.
package same

import (
	"context"

	"forktax/persistent"
	"forktax/workload/model"
)

// Model serves as persistent does.
var Model = model.Package{Start: func(ctx context.Context, p model.Program) (model.Server, error) {
	return persistent.Model.Start(ctx, p)
}}
`)
	add("workload/contract/model.go", ` and connections", Process: Kept, State: Kept, Connection: Kept},`+"\n",
		`	{Name: "same", About: "as persistent", Process: Kept, State: Kept, Connection: Kept},`+"\n")
	add("workload/model.go", `	{"persistent", persistent.Model},`+"\n", `	{"same", same.Model},`+"\n")
	add("workload/model.go", `	"forktax/persistent"`+"\n", `	"forktax/same"`+"\n")

	c.wrote("same/model.go", "workload/contract/model.go", "workload/model.go")
	forktax := filepath.Join(t.TempDir(), "forktax")
	run("go", "build", "-o", forktax, "./cmd/forktax")
	program := filepath.Join(t.TempDir(), "hello")
	run("go", "build", "-o", program, "./cmd/forktax-hello")
	for _, test := range []struct {
		command []string
		want    string
	}{
		{[]string{"list"}, ", persistent, same, pool"},
		{[]string{"__complete", "run", "--model", ""}, "\nsame\n"},
		{[]string{"run", "--workload", program, "--model", "persistent,same", "--rounds", "6", "--starts", "3", "--block",
			"5ms", "--clients", "1", "--no-cross-check", "--no-floor", "--results", t.TempDir()}, "\nhello    same "},
	} {
		if out := run(append([]string{forktax}, test.command...)...); !strings.Contains(out, test.want) {
			t.Errorf("forktax %q prints\n%s\nwant %q in it", test.command, out, test.want)
		}
	}
	run("go", "test", "./bench/report", "-run", "Document", "-update") // updates the generated document
	typecheck(t, c.dir)
	conformance := run("go", "test", "-v", "-run", "^TestModelsRespondAlike$/^same$", "./workload")
	if want := "--- PASS: TestModelsRespondAlike/same "; !strings.Contains(conformance, want) {
		t.Errorf("the conformance suite prints\n%s\nwant %q in it", conformance, want)
	}
	run("go", "test", "-vet=off", "-skip", "^TestReference", "./workload/...", "./bench/plan", "./bench/report",
		"./bench/live", "./cmd/forktax-hello", "./cmd/forktax-guestbook") // results are not copied
	run("go", "test", "-run", "Model|Import|Share", ".")
}
