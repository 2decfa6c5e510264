package explain

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"forktax/bench/subject"
)

// interpreted is a command line with the index of the interpreter in it, so that options can be added for it.
type interpreted struct {
	words []string
	at    int
}

// interpreted returns the command line that the kernel executes: for a script, its interpreter with the script. The
// second result is false if the program is a binary that is not an interpreter.
func (c Command) interpreted() (interpreted, bool) {
	if languageOf(c.Path) != nil {
		return interpreted{c.words(), 0}, true
	}
	file, err := subject.Inspect(c.Path)
	if err != nil {
		return interpreted{}, false
	}
	words, at, ok := file.Interpreter()
	if !ok {
		return interpreted{}, false
	}
	return interpreted{slices.Concat(words, c.words()), at}, true
}

// Interpreter returns the path of the program that executes the script at path. It returns "" if the file is not a
// script or its interpreter does not exist.
func Interpreter(path string) string {
	i, ok := Command{Path: path}.interpreted()
	if !ok {
		return ""
	}
	found, err := exec.LookPath(i.words[i.at])
	if err != nil || found == path { // which is the interpreter itself
		return ""
	}
	return found
}

// maxInterpreters is the longest chain that the kernel follows of scripts that are each other's interpreters.
const maxInterpreters = 4

// Executables returns path and, if it is a script, the path of its interpreter, and so on.
func Executables(path string) (found []string) {
	for ; path != "" && len(found) < maxInterpreters; path = Interpreter(path) {
		found = append(found, path)
	}
	return found
}

// given returns the command line with options inserted right after the interpreter.
func (i interpreted) given(options ...string) []string {
	return slices.Insert(slices.Clone(i.words), i.at+1, options...)
}

// lookPath finds a program as the command itself would, on the PATH of its environment.
func (c Command) lookPath(name string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) {
		return name, nil
	}
	for _, dir := range filepath.SplitList(c.variable("PATH")) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("looking for %q: %w", name, exec.ErrNotFound)
}

// A language is a language whose programs need an interpreter.
type language struct {
	name  string
	file  *regexp.Regexp // matches the names of its interpreters
	bare  []string       // arguments that start the interpreter and do nothing; nil if there are none
	paths string         // the language's name for its module search path
}

// python is the name of the language that reports the cost of its imports.
const python = "Python"

var languages = []language{
	{python, regexp.MustCompile(`^python[0-9.]*$`), []string{"-I", "-S", "-c", "pass"}, "sys.path"},
	{"Perl", regexp.MustCompile(`^perl[0-9.]*$`), []string{"-e", "1"}, "@INC"},
	{"shell", regexp.MustCompile(`^(ba|da|k|z)?sh$`), []string{"-c", ":"}, "PATH"},
	{"Ruby", regexp.MustCompile(`^ruby[0-9.]*$`), []string{"--disable=all", "-e", "1"}, "$LOAD_PATH"},
	{"PHP", regexp.MustCompile(`^php(-cgi)?[0-9.]*$`), nil, "include_path"},
}

// languageOf returns the language of an interpreter by its file name, or nil if it is not a known interpreter.
func languageOf(path string) *language {
	for i, l := range languages {
		if l.file.MatchString(filepath.Base(path)) {
			return &languages[i]
		}
	}
	return nil
}
