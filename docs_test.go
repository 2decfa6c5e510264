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
	pin := regexp.MustCompile(`(staticcheck|task/v3/cmd/task|actionlint|nfpm)@v[0-9.]+`)
	seen := map[string]string{}
	for _, name := range []string{".ci/run", "Taskfile.yml", "README.md", "CONTRIBUTING.md", "packaging/release"} {
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

// release returns the version of forktax.
func release(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("cmd/forktax/version.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`const release = "(.*)"`).FindSubmatch(text)
	if found == nil {
		t.Fatal("cmd/forktax/version.go declares no release")
	}
	return string(found[1])
}

// The newest heading of the changelog is that of the version that the command prints.
func TestChangelog(t *testing.T) {
	text, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^## (.*)$`).FindSubmatch(text)
	if want := release(t); found == nil || string(found[1]) != want {
		t.Errorf("CHANGELOG.md begins with %q, want %q", found, want)
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
