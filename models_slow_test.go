//go:build slow

package forktax_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A model is added by its package and its row, and then is in all lists and in the suite that all models have to pass.
func TestAddAModel(t *testing.T) {
	dir := copied(t)
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	add := func(name, after, line string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.Count(string(text), after) != 1 {
			t.Fatalf("%s has not one line %q (%v)", name, after, err)
		}
		write(name, strings.Replace(string(text), after, after+line, 1))
	}
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
	add("workload/contract/model.go", `connections", Kept, Kept, Kept},`+"\n", `	{"same", "as persistent", Kept, Kept, Kept},`+"\n")
	add("workload/model.go", `	{"persistent", persistent.Model},`+"\n", `	{"same", same.Model},`+"\n")
	add("workload/model.go", `	"forktax/persistent"`+"\n", `	"forktax/same"`+"\n")

	run := func(command ...string) string {
		t.Helper()
		return output(t, dir, nil, command...)
	}
	forktax := filepath.Join(t.TempDir(), "forktax")
	run("go", "build", "-o", forktax, "./cmd/forktax")
	program := filepath.Join(t.TempDir(), "hello")
	run("go", "build", "-o", program, "./cmd/forktax-hello")
	for _, test := range []struct {
		command []string
		want    string
	}{
		{[]string{"list"}, ", persistent, same\n"},
		{[]string{"__complete", "run", "--model", ""}, "\nsame\n"},
		{[]string{"run", "--workload", program, "--model", "persistent,same", "--rounds", "6", "--starts", "3", "--block",
			"5ms", "--clients", "1", "--no-cross-check", "--no-floor", "--results", t.TempDir()}, "1 client  same "},
	} {
		if out := run(append([]string{forktax}, test.command...)...); !strings.Contains(out, test.want) {
			t.Errorf("forktax %q prints\n%s\nwant %q in it", test.command, out, test.want)
		}
	}
	run("go", "vet", "./...")
	conformance := run("go", "test", "-v", "-run", "^TestModelsAnswerAlike$/^same$", "./workload")
	if want := "--- PASS: TestModelsAnswerAlike/same "; !strings.Contains(conformance, want) {
		t.Errorf("the conformance suite prints\n%s\nwant %q in it", conformance, want)
	}
	run("go", "test", "-skip", "^TestReadReferences$", "./workload/...", "./bench/plan", "./bench/report", "./bench/live",
		"./cmd/forktax-hello", "./cmd/forktax-guestbook") // results are not copied
	run("go", "test", "-run", "Model|Import|Share|Package", ".")
}
