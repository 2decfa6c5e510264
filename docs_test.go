package forktax_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// What the documents say of CI and of the tasks is so.
func TestPinnedTools(t *testing.T) {
	pin := regexp.MustCompile(`(staticcheck|task/v3/cmd/task)@v[0-9.]+`)
	seen := map[string]string{}
	for _, name := range []string{".ci/run", "Taskfile.yml", "README.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "@latest") {
			t.Errorf("%s takes a tool @latest; tools are pinned", name)
		}
		for _, found := range pin.FindAllString(string(text), -1) {
			tool, _, _ := strings.Cut(found, "@")
			if seen[tool] != "" && seen[tool] != found {
				t.Errorf("%s has %s, another file %s", name, found, seen[tool])
			}
			seen[tool] = found
		}
	}
}

// The table of the suite in the README is that of the stored result.
func TestArticleInTheReadme(t *testing.T) {
	out, err := exec.Command("go", "run", "./cmd/forktax", "report", "results/reference/article", "--format", "text").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(out), "\nSuite article")
	table, _, _ := strings.Cut(rest, "\n\n")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(table) {
		if line = strings.TrimRight(line, " \n"); strings.Contains(line, " clients ") {
			rows++
			if !strings.Contains(string(readme), line+"\n") {
				t.Errorf("the README has not the row\n%s", line)
			}
		}
	}
	if rows < 10 {
		t.Errorf("the stored result has %d rows", rows)
	}
}
