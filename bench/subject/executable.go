package subject

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"forktax/bench/foreign"
)

// An Executable describes an executable file by its content, without starting it.
type Executable struct {
	Shebang []string // interpreter of a script, followed by the single argument that the system passes, if any
	Loader  string   // dynamic linker of a binary; "" if it needs none
	IsGo    bool     // built by a Go toolchain

	begin   []byte      // the first bytes of the file
	machine elf.Machine // machine of an ELF binary; otherwise EM_NONE
}

// longestShebang is the part of a script's first line that Linux reads, in bytes.
const longestShebang = 256

// Inspect reads the file at path and returns its description.
func Inspect(path string) (Executable, error) {
	var e Executable
	f, err := foreign.Open(path)
	if err != nil {
		return e, err
	}
	defer f.Close()
	if e.begin, err = readBegin(f, longestShebang); err != nil {
		return e, err
	}
	if line, found := bytes.CutPrefix(e.begin, []byte("#!")); found {
		e.Shebang = shebang(string(line))
		return e, nil
	}
	if binary, err := elf.NewFile(f); err == nil {
		e.Loader, e.machine = loader(binary), binary.Machine
	}
	_, err = buildinfo.Read(f)
	e.IsGo = err == nil
	return e, nil
}

func readBegin(f *os.File, most int64) ([]byte, error) {
	begin, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.Name(), err)
	}
	return begin, nil
}

// shebang splits the text after #! as Linux does: everything after the interpreter is one argument.
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

// loader returns the dynamic linker that a binary names; "" if none.
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

// Interpreter returns the words of a script's first line, with the arguments of env split, and the index of the
// interpreter among them. Ok reports whether there is an interpreter: a binary has none.
func (e Executable) Interpreter() (words []string, at int, ok bool) {
	words = e.Shebang
	if len(words) == 2 && filepath.Base(words[0]) == "env" {
		words = append(words[:1:1], strings.Fields(strings.TrimPrefix(words[1], "-S"))...)
		for at = 1; at < len(words) && (strings.HasPrefix(words[at], "-") || strings.Contains(words[at], "=")); at++ {
		}
	}
	return words, at, at < len(words)
}
