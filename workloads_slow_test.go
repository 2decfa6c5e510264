//go:build slow

package forktax_test

import (
	"encoding/csv"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"forktax/workload/contract"
)

// unhosted lists workloads that need a variable with the program, module or server to serve.
var unhosted = map[string]bool{"authproxy": true, "module": true, "script": true}

// Every workload program conforms to the program contract: it describes itself, prepares its data, and sends the same
// responses by each of its models. forktax run verifies the responses before it measures.
func TestWorkloadsConform(t *testing.T) {
	prefix := t.TempDir()
	output(t, ".", nil, "packaging/build", prefix)
	forktax := filepath.Join(prefix, "bin", "forktax")
	workload := regexp.MustCompile(`(?m)^([\w-]+): .*\n((?:  [\w-]+/.*\n)+)  models: (.*)$`)
	found := workload.FindAllStringSubmatch(output(t, ".", nil, forktax, "list"), -1)
	if len(found) == 0 {
		t.Fatal("forktax list shows no workload")
	}
	for _, w := range found {
		name, requests, models := w[1], strings.Count(w[2], "\n"), strings.Split(w[3], ", ")
		for i, family := range models {
			models[i] = contract.Members(family)[0]
		}
		if unhosted[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			results := t.TempDir()
			cmd := exec.Command(forktax, "run", "--workload", name, "--model", strings.Join(models, ","), "--rounds", "3",
				"--starts", "3",
				"--block", "2ms", "--warm-up", "0", "--clients", "1", "--no-floor", "--no-cross-check", "--results", results)
			// So short a run may be inconclusive (exit status 3).
			if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() != 3 {
				t.Fatalf("%q: %v\n%s", cmd.Args, err, out)
			}
			rows, err := csv.NewReader(strings.NewReader(output(t, ".", nil, forktax, "report", "--results", results,
				"--format", "csv"))).ReadAll()
			if err != nil || len(rows)-1 != requests*len(models) {
				t.Errorf("the report has %d rows and %v, want one for each of %d requests by each of %d models", len(rows)-1, err,
					requests,
					len(models))
			}
		})
	}
}
