package workload_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Everything that package workload imports is linked into every workload program and initialized by each CGI child.
func TestImportsOnlyWhatChildrenNeed(t *testing.T) {
	allowed := []string{"forktax/bench/account", "forktax/bench/foreign", "forktax/cgi",
		"forktax/cgi/child", "forktax/cgi/filelimit", "forktax/cgi/header", "forktax/cgi/limiter",
		"forktax/cgi/message", "forktax/cgi/spawn", "forktax/persistent",
		"forktax/workload", "forktax/workload/contract", "forktax/workload/model"}
	const foreign = "{{if not .Standard}}{{.ImportPath}} {{.Imports}}{{end}}"
	out, err := exec.Command("go", "list", "-deps", "-f", foreign, "forktax/workload").Output()
	if err != nil {
		t.Fatalf("go list -deps forktax/workload: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		got, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		isModel := strings.Contains(imports, "forktax/workload/model") // its own imports are listed as well
		if got != "" && !isModel && !slices.Contains(allowed, got) {
			t.Errorf("forktax/workload imports %s: every CGI child would initialize it, and measurements would include "+
				"that; move the code into another process, like the exporter", got)
		}
	}
}
