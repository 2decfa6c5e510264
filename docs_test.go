package forktax_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Documents, CI and tasks use the same pinned version of each tool.
func TestPinnedTools(t *testing.T) {
	pin := regexp.MustCompile(`(staticcheck|misspell|task/v3/cmd/task|actionlint|nfpm)@v[0-9.]+`)
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

// The newest release in the changelog is the version that the command prints. Unreleased changes are above it.
func TestChangelog(t *testing.T) {
	text, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^## ([0-9].*)$`).FindSubmatch(text)
	if want := release(t); found == nil || string(found[1]) != want {
		t.Errorf("CHANGELOG.md begins with %q, want %q", found, want)
	}
}

// The table of the suite article in its document matches the stored result.
func TestArticleInTheDocument(t *testing.T) {
	out, err := exec.Command("go", "run", "./cmd/forktax", "report", "results/reference/article", "--format", "text",
		"--details").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(out), "\nSuite article")
	table, _, _ := strings.Cut(rest, "\n\n")
	document, err := os.ReadFile("docs/suites.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(table) {
		if line = strings.TrimRight(line, " \n"); strings.Contains(line, " clients ") {
			rows++
			if !strings.Contains(string(document), line+"\n") {
				t.Errorf("docs/suites.md does not have the row\n%s", line)
			}
		}
	}
	if rows < 10 {
		t.Errorf("the stored result has %d rows", rows)
	}
}

// documents returns the Markdown files of the project, except for test data and the output of runs and builds.
func documents(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		skipped := slices.Contains([]string{".git", "testdata", "build", "dist"}, d.Name()) || filepath.Dir(path) == "results"
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped:
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".md"):
			names = append(names, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"README.md", "docs/methodology.md", "docs/decisions/README.md", "results/README.md"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
	return names
}

var (
	link        = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	quoted      = regexp.MustCompile("`([^`\\s]+)`")
	fence       = regexp.MustCompile("(?ms)^```.*?^```$")
	heading     = regexp.MustCompile(`(?m)^#+ (.*)$`)
	inTree      = regexp.MustCompile(`^(bench|cmd|workload|cgi|persistent|auth|suites|docs|packaging|examples)/`)
	placeholder = regexp.MustCompile(`[A-Z]{4}|\.\.\.|\*`) // NAME, cmd/..., *.yaml
	punctuation = regexp.MustCompile("[^a-z0-9 _-]")
)

// anchors returns the fragments that GitHub generates for the headings of a document.
func anchors(text string) []string {
	var all []string
	for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.ReplaceAll(punctuation.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return all
}

// Relative links lead to existing files and headings, and quoted paths of the repository exist.
func TestPathsInDocuments(t *testing.T) {
	for _, name := range documents(t) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := fence.ReplaceAllString(string(content), "")
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			path, fragment, _ := strings.Cut(found[1], "#")
			if strings.Contains(path, ":") { // another site
				continue
			}
			target := name
			if path != "" {
				target = filepath.Join(filepath.Dir(name), path)
			}
			linked, err := os.ReadFile(target)
			if _, missing := os.Stat(target); missing != nil {
				t.Errorf("%s: the link %s leads to no file", name, found[1])
			} else if fragment != "" && (err != nil || !slices.Contains(anchors(string(linked)), fragment)) {
				t.Errorf("%s: the link %s leads to no heading", name, found[1])
			}
		}
		if name == "CHANGELOG.md" { // it names files that no longer exist
			continue
		}
		for _, found := range quoted.FindAllStringSubmatch(text, -1) {
			if path := found[1]; inTree.MatchString(path) && !placeholder.MatchString(path) {
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s: %s is missing", name, path)
				}
			}
		}
	}
}

// The table of packages in ARCHITECTURE.md lists all packages.
func TestPackagesInTheArchitecture(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\|.*$`).FindAllString(string(text), -1) {
		for _, found := range quoted.FindAllStringSubmatch(row, -1) {
			listed[found[1]] = true
		}
	}
	for pkg := range imports(t) {
		if name, below := strings.CutPrefix(pkg, "forktax/"); below && !listed[name] {
			t.Errorf("ARCHITECTURE.md does not list %s", name)
		}
	}
}
