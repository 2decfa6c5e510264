package forktax_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// unplain lists words and phrases that read like a translation, with suggested replacements.
var unplain = []struct{ pattern, write string }{
	{`(some|no|any|every)body|whoever`, "the user, the caller, no client"},
	{`(says|say|tells|tell|knows) whether`, "reports whether"},
	{`those that (are|is|were|was|have|has)\b`, "name the things"},
	{`anew`, "again"},
	{`dear(er|est|ly)?`, "expensive"},
	{`(stands|stand|stood) in (the|a|an|its|their)\b`, "is in"},
	{`folders?`, "directory"},
	{`processor time`, "CPU time"},
	{`at the (most|least)`, "at most, at least"},
	{`in (the )?place of`, "instead of"},
	{`exclude each other`, "cannot be combined with"},
	{`to be careful of`, "Warnings"},
	{`so many (times|characters|bytes|requests|blocks)`, "N times"},
	{`(is|are|was|were) no (program|number|file|directory|server|model|workload|name|path|JSON|result|run)\b`, "is not a"},
	{`the referee`, "the cross-check"},
	{`rungs?`, "intermediate models, levels of reuse"},
}

// prose returns the documents and source files, whose comments and messages are checked.
func prose(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{"testdata", "results", "findings", "dist", ".git", "node_modules"}, d.Name()) {
			return fs.SkipDir
		}
		if slices.Contains([]string{"words_test.go", "CHANGELOG.md", "docs/formats.md"}, path) || strings.Contains(path, "uPlot") {
			return nil // this list, history, and generated or third-party files
		}
		if slices.Contains([]string{".go", ".md", ".html", ".js", ".yml", ".yaml", ".sh"}, filepath.Ext(path)) {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// mostUnplain is the largest number of matches: places where the word is right, or is part of a third-party name.
const mostUnplain = 20

func TestWords(t *testing.T) {
	var patterns []*regexp.Regexp
	var all []string
	for _, word := range unplain {
		patterns = append(patterns, regexp.MustCompile(`(?i)\b(`+word.pattern+`)\b`))
		all = append(all, word.pattern)
	}
	any := regexp.MustCompile(`(?i)\b(` + strings.Join(all, "|") + `)\b`)
	var found []string
	for _, name := range prose(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if !any.MatchString(line) {
				continue
			}
			for i, pattern := range patterns {
				match := pattern.FindString(line)
				if match != "" && !theUserNobody.MatchString(line) {
					found = append(found, fmt.Sprintf("%s:%d: %q: write %s", name, n+1, match, unplain[i].write))
				}
			}
		}
	}
	if len(found) > mostUnplain {
		t.Errorf("%d words are not plain English, want at most %d:\n%s", len(found), mostUnplain, strings.Join(found, "\n"))
	}
}

// mostLong is the largest number of longer lines. Tests have some, with scripts of a page and texts that
// must be in one piece.
const mostLong = 25

// longestLine is the longest line of Go code, in characters. A tab counts as one.
const longestLine = 120

func TestLineLength(t *testing.T) {
	long := 0
	for _, name := range prose(t) {
		if filepath.Ext(name) != ".go" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if length := utf8.RuneCountInString(line); length > longestLine && !strings.Contains(line, "http") {
				long++
				t.Logf("%s:%d: %d characters, want at most %d", name, n+1, length, longestLine)
			}
		}
	}
	if long > mostLong {
		t.Errorf("%d lines are too long, want at most %d", long, mostLong)
	}
}

// theUserNobody matches a line with the name of the Unix user, or with an identifier that contains NoBody.
var theUserNobody = regexp.MustCompile(`["'` + "`" + ` :=]nobody["'` + "`" + `:,]|noBody|NoBody`)
