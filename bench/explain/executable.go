package explain

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"forktax/bench/foreign"
)

// An executable is what a file says of itself, without being started.
type executable struct {
	shebang []string // of a script: its interpreter, with the one argument that the system passes on, if any
	loader  string   // of a binary: its dynamic linker; "" if it needs none
	isGo    bool     // a Go toolchain made it
}

// longestShebang is how much of a script's first line Linux reads.
const longestShebang = 256

func inspect(path string) (executable, error) {
	var e executable
	f, err := foreign.Open(path)
	if err != nil {
		return e, err
	}
	defer f.Close()
	begin, err := io.ReadAll(io.LimitReader(f, longestShebang))
	if err != nil {
		return e, fmt.Errorf("reading %s: %w", path, err)
	}
	if line, found := bytes.CutPrefix(begin, []byte("#!")); found {
		e.shebang = shebang(string(line))
		return e, nil
	}
	if binary, err := elf.NewFile(f); err == nil {
		e.loader = loader(binary)
	}
	_, err = buildinfo.Read(f)
	e.isGo = err == nil
	return e, nil
}

// shebang splits what follows #! as Linux does: all after the interpreter is one argument.
func shebang(line string) []string {
	line, _, _ = strings.Cut(line, "\n")
	line = strings.Trim(line, " \t\r")
	if line == "" {
		return nil
	}
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return []string{line}
	}
	return []string{line[:i], strings.TrimLeft(line[i:], " \t")}
}

// loader reads which dynamic linker a binary asks for.
func loader(f *elf.File) string {
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			name, err := io.ReadAll(p.Open())
			if err == nil {
				return string(bytes.TrimRight(name, "\x00"))
			}
		}
	}
	return ""
}

// interpreted is a command line with the place in it where the interpreter stands, so that options can be given to it.
type interpreted struct {
	words []string
	at    int
}

// interpreted spells out what executing the command comes to: of a script, its interpreter with the script. The second
// result is false if the program is a binary that is no interpreter.
func (c Command) interpreted() (interpreted, bool) {
	if languageOf(c.Path) != nil {
		return interpreted{c.words(), 0}, true
	}
	file, err := inspect(c.Path)
	if err != nil || len(file.shebang) == 0 {
		return interpreted{}, false
	}
	words, at := file.shebang, 0
	if filepath.Base(words[0]) == "env" && len(words) == 2 {
		words = append(words[:1:1], strings.Fields(strings.TrimPrefix(words[1], "-S"))...)
		for at = 1; at < len(words)-1 && (strings.HasPrefix(words[at], "-") || strings.Contains(words[at], "=")); at++ {
		}
		if at == len(words) {
			return interpreted{}, false
		}
	}
	return interpreted{append(words, c.words()...), at}, true
}

// Interpreter returns the path of the program that executes the script at path. It is "" of what is not a script, and
// of one whose interpreter is not there.
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

// given inserts options right after the interpreter.
func (i interpreted) given(options ...string) []string {
	return slices.Insert(slices.Clone(i.words), i.at+1, options...)
}

// lookPath finds a program as the command itself would, by the search path that it is given.
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

// A language is one whose programs need an interpreter.
type language struct {
	name  string
	file  *regexp.Regexp // matches the names of its interpreters
	bare  []string       // arguments to start the interpreter and do nothing; nil if it has none
	paths string         // where it looks for modules, in its own words
}

// python is what is asked for by name: it can tell what its imports cost.
const python = "Python"

var languages = []language{
	{python, regexp.MustCompile(`^python[0-9.]*$`), []string{"-I", "-S", "-c", "pass"}, "sys.path"},
	{"Perl", regexp.MustCompile(`^perl[0-9.]*$`), []string{"-e", "1"}, "@INC"},
	{"shell", regexp.MustCompile(`^(ba|da|k|z)?sh$`), []string{"-c", ":"}, "PATH"},
	{"Ruby", regexp.MustCompile(`^ruby[0-9.]*$`), []string{"--disable=all", "-e", "1"}, "$LOAD_PATH"},
	{"PHP", regexp.MustCompile(`^php(-cgi)?[0-9.]*$`), nil, "include_path"},
}

// languageOf tells an interpreter by the name of its file; nil if it is none that is known.
func languageOf(path string) *language {
	for i, l := range languages {
		if l.file.MatchString(filepath.Base(path)) {
			return &languages[i]
		}
	}
	return nil
}
