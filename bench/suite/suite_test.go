package suite_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/bench/suite"
	"forktax/bench/testenv"
)

// beside returns a finder of programs that are built for the test.
func beside(t *testing.T, names ...string) *subject.Finder {
	t.Helper()
	return &subject.Finder{Dirs: []string{programtest.Build(t, names...)}, Log: io.Discard}
}

// path sets PATH to a directory with only these programs.
func path(t *testing.T, names ...string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(testenv.Program(t, name, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

// A contender whose program is missing is left out, and the reason names the package. A workload without its baseline
// is left out.
func TestPrepareWithoutAll(t *testing.T) {
	finder := beside(t, "forktax-hello", "forktax-cgi")
	languages, _ := suite.Find("languages")
	path(t, "gcc", "as", "ld", "sh", "python3", "php-cgi")
	lineup, err := languages.Prepare(t.Context(), finder, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range lineup.Contenders {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "C Go shell PHP Python" {
		t.Errorf("contenders without Perl = %s", got)
	}
	if len(lineup.Missing) != 1 || !strings.Contains(lineup.Missing[0].Error(),
		"perl is not installed (Debian: apt-get install perl)") {
		t.Errorf("Missing = %v, want perl and its package", lineup.Missing)
	}
	if lineup.Versions["python3"] == "" || lineup.Versions["perl"] != "" {
		t.Errorf("Versions = %v", lineup.Versions)
	}

	path(t)
	_, err = languages.Prepare(t.Context(), finder, t.TempDir())
	if err == nil || !strings.Contains(err.Error(),
		"no contender of the suite languages can be measured: gcc is not installed") {
		t.Errorf("Prepare without any program = %v", err)
	}
}

// The suites have each contender once, and each workload's baseline is its first contender.
func TestSuites(t *testing.T) {
	finder := beside(t, "forktax-hello", "forktax-cgi")
	for _, name := range []string{"languages", "hosts"} {
		s, _ := suite.Find(name)
		lineup, err := s.Prepare(t.Context(), finder, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if len(lineup.Missing) > 0 {
			testenv.Skip(t, errors.Join(lineup.Missing...))
		}
		seen := map[string]bool{}
		for _, c := range lineup.Contenders {
			key := c.Workload + "/" + c.Name
			if !seen[c.Workload] && c.Name != s.Baseline {
				t.Errorf("%s: %s begins with %s, want the baseline %s", s.Name, c.Workload, c.Name, s.Baseline)
			}
			if seen[key] || c.Title == "" {
				t.Errorf("%s: %s is duplicate or has no title (%q)", s.Name, key, c.Title)
			}
			seen[c.Workload], seen[key] = true, true
		}
	}
}
