// Package forktax_test tests properties of the module as a whole.
package forktax_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// imports maps each package of the module to the packages of the module that it imports directly,
// without test imports.
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

// shared lists the packages that both the programs under test and the harness import. Of this module, they
// import only each other.
var shared = []string{"forktax/workload/contract", "forktax/bench/account", "forktax/bench/foreign",
	"forktax/cgi/header", "forktax/cgi/spawn", "forktax/cgi/filelimit"}

func TestSharedPackagesImportNothingOfOurs(t *testing.T) {
	graph := imports(t)
	for _, path := range shared {
		ours, ok := graph[path]
		if !ok {
			t.Errorf("package %s is missing", path)
		}
		for _, imported := range ours {
			if !slices.Contains(shared, imported) {
				t.Errorf("%s imports %s; it is linked into programs under test and may import only %v", path, imported, shared)
			}
		}
	}
}

// harness reports whether the package belongs to the harness, the side that measures.
func harness(path string) bool {
	return strings.HasPrefix(path, "forktax/bench/") || path == "forktax/cmd/forktax" || path == "forktax/suites"
}

// The two sides are separate processes: a server under test shares no heap, scheduler or garbage collector with the
// load generator. A foreign server is measured in the same way.
func TestSidesShareOnlyTheContract(t *testing.T) {
	checked := map[bool]int{}
	for path, ours := range imports(t) {
		checked[harness(path)]++
		for _, imported := range ours {
			if harness(path) != harness(imported) && !slices.Contains(shared, imported) {
				t.Errorf("%s imports %s; programs under test and the harness share only %v", path, imported, shared)
			}
		}
	}
	if checked[true] < 5 || checked[false] < 5 {
		t.Errorf("only %d packages of the harness and %d others were found", checked[true], checked[false])
	}
}

// allowed lists, for packages along the data flow of a run, the packages of the harness that each may import besides
// the shared and free ones. Data flows in one direction: packages that measure do not analyse, and packages that
// analyse do not print.
var allowed = map[string][]string{
	"forktax/bench/plan":  {"forktax/bench/subject"},
	"forktax/bench/traps": {"forktax/bench/subject"},
	"forktax/bench/run": {"forktax/bench/subject", "forktax/bench/plan", "forktax/bench/load",
		"forktax/bench/record"},
	"forktax/bench/analysis": {"forktax/bench/record", "forktax/bench/stats"},
	"forktax/bench/report":   {"forktax/bench/analysis", "forktax/bench/record"},
	"forktax/bench/check": {"forktax/bench/subject", "forktax/bench/plan", "forktax/bench/run", "forktax/bench/record",
		"forktax/bench/analysis", "forktax/bench/stats", "forktax/bench/traps"},
}

// free lists packages below forktax/bench that every package of the harness may import.
var free = []string{"explain", "calibrate", "live", "suite", "servers", "machine", "process", "revision", "account",
	"units"}

func TestHarnessImportsAlongTheDataFlow(t *testing.T) {
	graph := imports(t)
	for path, may := range allowed {
		ours, ok := graph[path]
		if !ok {
			t.Errorf("package %s is missing", path)
		}
		for _, imported := range ours {
			below := func(parent string) bool { return imported == parent || strings.HasPrefix(imported, parent+"/") }
			isFree := slices.ContainsFunc(free, func(name string) bool { return imported == "forktax/bench/"+name })
			if !isFree && !slices.Contains(shared, imported) && !slices.ContainsFunc(may, below) {
				t.Errorf("%s imports %s; besides %v it may import %v", path, imported, free, may)
			}
		}
	}
}

// public lists the packages that other modules may use. They change only with a note in the change log. The packages
// of models are public, too.
var public = []string{"forktax/workload", "forktax/workload/contract", "forktax/workload/model", "forktax/cgi",
	"forktax/cgi/child", "forktax/cgi/filelimit", "forktax/cgi/header",
	"forktax/cgi/limiter", "forktax/cgi/message", "forktax/cgi/spawn", "forktax/workers",
	"forktax/zygote", "forktax/wasm", "forktax/persistent", "forktax/auth"}

func TestPublicPackagesImportOnlyPublicOnes(t *testing.T) {
	graph := imports(t)
	for _, path := range public {
		ours, ok := graph[path]
		if !ok {
			t.Errorf("package %s is missing", path)
		}
		for _, imported := range ours {
			isModel := slices.Contains(graph[imported], "forktax/workload/model")
			if !isModel && !slices.Contains(public, imported) && !slices.Contains(shared, imported) {
				t.Errorf("%s, which is public, imports %s, which is not", path, imported)
			}
		}
	}
}

// The command contains only flags and output. Code that another package or a test could use is in a package.
func TestCommandHasFlagsAndOutput(t *testing.T) {
	const most = 2000 // lines, without tests
	files, err := filepath.Glob("cmd/forktax/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no file of the command: %v", err)
	}
	lines := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(text), "\n")
	}
	if lines > most {
		t.Errorf("cmd/forktax has %d lines without tests, more than %d: move what is not about flags or output to a package",
			lines, most)
	}
}

// The name of each directory describes its content.
func TestNoPackageWithoutASubject(t *testing.T) {
	for path := range imports(t) {
		for _, name := range strings.Split(path, "/") {
			switch name {
			case "internal", "util", "utils", "common", "pkg", "types", "models", "helpers":
				t.Errorf("%s: the name %q does not describe its content", path, name)
			}
		}
	}
}
