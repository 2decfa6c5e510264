package subject

import (
	"bytes"
	"cmp"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
)

// mostInterpreters is how many scripts may interpret one another: Linux takes five.
const mostInterpreters = 5

// refusalCause is why the system does not execute the file.
func refusalCause(path string, refusal syscall.Errno) string {
	of := ""
	for range mostInterpreters {
		file, err := Inspect(path)
		if refusal == syscall.EACCES && isFile(path) && !isExecutable(path) {
			return of + "it is not executable: chmod +x " + shellWord(path)
		}
		if err != nil {
			return ""
		}
		switch {
		case len(file.Shebang) == 0:
			return prefixed(of, file.refusalCause(path, refusal))
		case refusal == syscall.ENOENT && file.carriageReturn():
			return of + carriageReturnCause(path)
		case refusal == syscall.ENOENT && !exists(file.Shebang[0]):
			return of + missingInterpreter(file.Shebang[0])
		case isDir(file.Shebang[0]):
			return of + "line 1 names " + file.Shebang[0] + ", a directory: write the path of an interpreter there"
		}
		path = file.Shebang[0]
		of = "its interpreter " + path + ": "
	}
	return ""
}

func prefixed(prefix, cause string) string {
	if cause == "" {
		return ""
	}
	return prefix + cause
}

// refusalCause is why a file is not executed that is not a script.
func (e Executable) refusalCause(path string, refusal syscall.Errno) string {
	switch {
	case refusal == syscall.ENOENT && e.Loader != "" && !exists(e.Loader):
		return "its dynamic linker " + e.Loader + " does not exist: install the C library that it was built for, or link " +
			"it statically"
	case refusal != syscall.ENOEXEC:
		return ""
	case len(e.begin) == 0:
		return "it is empty, neither a program of this machine nor a script"
	case e.machine != elf.EM_NONE && architecture(e.machine) != runtime.GOARCH:
		return fmt.Sprintf("it is a program for %s, and this machine is %s: build it for this one", architecture(e.machine),
			runtime.GOARCH)
	}
	for _, f := range otherSystems {
		if bytes.HasPrefix(e.begin, []byte(f.begin)) {
			return fmt.Sprintf("it is a program for %s: build it for %s", f.system, runtime.GOOS)
		}
	}
	trimmed := bytes.TrimLeft(e.begin, " \t\r\n\ufeff")
	switch {
	case bytes.HasPrefix(e.begin, []byte("\ufeff#!")):
		return "a byte order mark is before #! in line 1: remove it, as by sed -i '1s/^\\xEF\\xBB\\xBF//' " + shellWord(path)
	case bytes.HasPrefix(trimmed, []byte("#!")):
		return "#! is not at the very beginning of the file: remove what is before it"
	case bytes.IndexByte(e.begin, 0) >= 0:
		return "it is neither a program of this machine nor a script"
	}
	return "it is neither a program of this machine nor a script with #! in line 1: begin a script with a line such as " +
		"#!" + cmp.Or(interpreters[filepath.Ext(path)], "/bin/sh")
}

// interpreters are what line 1 of a script may name, by the end of its file's name.
var interpreters = map[string]string{
	".js":  "/usr/bin/env node",
	".php": "/usr/bin/env php-cgi",
	".pl":  "/usr/bin/env perl",
	".py":  "/usr/bin/env python3",
	".rb":  "/usr/bin/env ruby",
}

// otherSystems are the first bytes of programs for other systems.
var otherSystems = []struct{ begin, system string }{
	{"MZ", "Windows"},
	{"\xcf\xfa\xed\xfe", "macOS"},
}

// architectures are Go's names of what a binary may be for.
var architectures = map[elf.Machine]string{
	elf.EM_386:       "386",
	elf.EM_X86_64:    "amd64",
	elf.EM_ARM:       "arm",
	elf.EM_AARCH64:   "arm64",
	elf.EM_LOONGARCH: "loong64",
	elf.EM_PPC64:     "ppc64le",
	elf.EM_RISCV:     "riscv64",
	elf.EM_S390:      "s390x",
}

func architecture(m elf.Machine) string { return cmp.Or(architectures[m], m.String()) }

// carriageReturn reports whether a script's first line ends as those of DOS do.
func (e Executable) carriageReturn() bool {
	line, _, found := bytes.Cut(e.begin, []byte("\n"))
	return found && bytes.HasPrefix(line, []byte("#!")) && bytes.HasSuffix(line, []byte("\r"))
}

// carriageReturnCause names the file in the command that mends it, if it is known.
func carriageReturnCause(path string) string {
	cause := `line 1 ends in a carriage return (DOS line ends): remove it, as by sed -i 's/\r$//'`
	if path != "" {
		cause += " " + shellWord(path)
	}
	return cause
}

func missingInterpreter(path string) string {
	name := filepath.Base(path)
	if path == name {
		return fmt.Sprintf("line 1 names its interpreter %s without its path: write #!/usr/bin/env %[1]s", name)
	}
	return fmt.Sprintf("line 1 names an interpreter that does not exist, %s: write where it is, or #!/usr/bin/env %s",
		path, name)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[\w./:@%+=,-]+$`)

// shellWord quotes a path for a shell.
func shellWord(path string) string {
	if plainWord.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
