package workload_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Whatever it imports is linked into every workload program, and initialised by each CGI child for one request.
func TestImportsOnlyWhatChildrenNeed(t *testing.T) {
	allowed := []string{"forktax/bench/account", "forktax/bench/foreign", "forktax/cgi", "forktax/persistent", "forktax/workload",
		"forktax/workload/contract", "forktax/workload/model"}
	const foreign = "{{if not .Standard}}{{.ImportPath}} {{.Imports}}{{end}}"
	out, err := exec.Command("go", "list", "-deps", "-f", foreign, "forktax/workload").Output()
	if err != nil {
		t.Fatalf("go list -deps forktax/workload: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		got, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		isModel := strings.Contains(imports, "forktax/workload/model") // whatever such a package imports is listed, too
		if got != "" && !isModel && !slices.Contains(allowed, got) {
			t.Errorf("forktax/workload imports %s. Every CGI child would start it anew for its one request, and the cost would "+
				"be measured as the model's. What needs it belongs into another process, as the exporter does.", got)
		}
	}
}
