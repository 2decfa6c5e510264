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

// mostInterpreters is the longest chain of scripts that interpret one another: Linux allows five.
const mostInterpreters = 5

// refusalCause returns why the system does not execute the file, with what to do; "" if that is not known.
func refusalCause(path string, refusal syscall.Errno) string {
	of := ""
	for range mostInterpreters {
		file, err := Inspect(path)
		if refusal == syscall.EACCES && isFile(path) && !isExecutable(path) {
			return of + "it is not executable: run chmod +x " + ShellWord(path)
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
			return of + "line 1 names " + file.Shebang[0] + ", which is a directory: name an interpreter there"
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

// refusalCause returns why the system does not execute a file that is not a script, with what to do.
func (e Executable) refusalCause(path string, refusal syscall.Errno) string {
	switch {
	case refusal == syscall.ENOENT && e.Loader != "" && !exists(e.Loader):
		return "its dynamic linker " + e.Loader + " does not exist: install the C library it was built for, or link it " +
			"statically"
	case refusal != syscall.ENOEXEC:
		return ""
	case len(e.begin) == 0:
		return "the file is empty: it must be a program for this machine or a script"
	case e.machine != elf.EM_NONE && architecture(e.machine) != runtime.GOARCH:
		return fmt.Sprintf("it is a program for %s, but this machine is %s: build it for %[2]s", architecture(e.machine),
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
		return "a byte order mark precedes #! in line 1: remove it, such as by sed -i '1s/^\\xEF\\xBB\\xBF//' " +
			ShellWord(path)
	case bytes.HasPrefix(trimmed, []byte("#!")):
		return "#! is not at the beginning of the file: remove what precedes it"
	case bytes.IndexByte(e.begin, 0) >= 0:
		return "it is neither a program for this machine nor a script"
	}
	return "it is neither a program for this machine nor a script with #! in line 1: begin a script with a line such as " +
		"#!" + cmp.Or(interpreters[filepath.Ext(path)], "/bin/sh")
}

// interpreters maps the extension of a script's file to a typical interpreter for line 1.
var interpreters = map[string]string{
	".js":  "/usr/bin/env node",
	".php": "/usr/bin/env php-cgi",
	".pl":  "/usr/bin/env perl",
	".py":  "/usr/bin/env python3",
	".rb":  "/usr/bin/env ruby",
}

// otherSystems lists the first bytes of programs for other systems.
var otherSystems = []struct{ begin, system string }{
	{"MZ", "Windows"},
	{"\xcf\xfa\xed\xfe", "macOS"},
}

// architectures maps the machine of an ELF file to Go's name of the architecture.
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

// carriageReturn reports whether a script's first line ends with CR LF, as in DOS.
func (e Executable) carriageReturn() bool {
	line, _, found := bytes.Cut(e.begin, []byte("\n"))
	return found && bytes.HasPrefix(line, []byte("#!")) && bytes.HasSuffix(line, []byte("\r"))
}

// carriageReturnCause returns the cause with a command that repairs the file at path; path is "" if it is not known.
func carriageReturnCause(path string) string {
	cause := `line 1 ends in a carriage return (DOS line ends): remove it, such as by sed -i 's/\r$//'`
	if path != "" {
		cause += " " + ShellWord(path)
	}
	return cause
}

func missingInterpreter(path string) string {
	name := filepath.Base(path)
	if path == name {
		return fmt.Sprintf("line 1 names its interpreter %s without its path: write #!/usr/bin/env %[1]s", name)
	}
	return fmt.Sprintf("line 1 names an interpreter that does not exist, %s: correct its path, or write #!/usr/bin/env %s",
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

// plainWord matches a word that a shell does not change.
var plainWord = regexp.MustCompile(`^[\w./:@%+=,-]+$`)

// ShellWord quotes a path for a shell.
func ShellWord(path string) string {
	if plainWord.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
