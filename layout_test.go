// Package forktax_test holds what is true of the module as a whole.
package forktax_test

import (
	"os/exec"
	"strings"
	"testing"
)

// imports maps each package of the module to those of the module that it imports itself, tests aside.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	graph := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		var ours []string
		for _, path := range fields[1:] {
			if strings.HasPrefix(path, "forktax/") {
				ours = append(ours, path)
			}
		}
		graph[fields[0]] = ours
	}
	return graph
}

// The first law: everything may import bench; bench imports nothing of ours.
func TestBenchImportsNothingOfOurs(t *testing.T) {
	graph := imports(t)
	ours, ok := graph["forktax/bench"]
	if !ok {
		t.Fatal("there is no package forktax/bench")
	}
	if len(ours) > 0 {
		t.Errorf("forktax/bench imports %v; everything imports it, so it may import nothing of ours", ours)
	}
}

// The second law: the harness meets servers only as processes, so that they never share a heap, a scheduler or a
// collector with what measures them, and so that a foreign server is measured in the same way.
func TestHarnessImportsNoServer(t *testing.T) {
	graph := imports(t)
	harness := func(path string) bool {
		return path == "forktax/bench" || strings.HasPrefix(path, "forktax/bench/") || path == "forktax/cmd/forktax"
	}
	checked := 0
	for path, ours := range graph {
		if !harness(path) {
			continue
		}
		checked++
		for _, imported := range ours {
			if !harness(imported) {
				t.Errorf("%s imports %s; the harness side imports nothing of the server side", path, imported)
			}
		}
	}
	if checked < 5 {
		t.Errorf("only %d packages of the harness side were found in %v", checked, graph)
	}
}

// No folder is called by what it is not about.
func TestNoPackageWithoutASubject(t *testing.T) {
	for path := range imports(t) {
		for _, name := range strings.Split(path, "/") {
			switch name {
			case "internal", "util", "utils", "common", "pkg", "types", "models", "helpers":
				t.Errorf("%s: %q does not say what is in it", path, name)
			}
		}
	}
}
