package subject_test

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"forktax/bench/subject"
)

// executable writes an executable file of that name and returns its path. No other goroutine may fork meanwhile: the
// child would hold the file open for writing.
func executable(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// foreignProgram returns the header of a Linux program for another machine, and the architecture of that machine.
func foreignProgram() (text, architecture string) {
	machine, name := elf.EM_AARCH64, "arm64"
	if runtime.GOARCH == name {
		machine, name = elf.EM_X86_64, "amd64"
	}
	head := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64}
	copy(head.Ident[:], elf.ELFMAG)
	head.Ident[elf.EI_CLASS], head.Ident[elf.EI_DATA], head.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64),
		byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	var b strings.Builder
	_ = binary.Write(&b, binary.LittleEndian, head) // a strings.Builder does not fail
	return b.String(), name
}

// Causes that files in the tests have.
const (
	dosCause        = `line 1 ends in a carriage return (DOS line ends): remove it, such as by sed -i 's/\r$//'`
	noProgramCause  = "it is neither a program for this machine nor a script"
	noShebangCause  = noProgramCause + " with #! in line 1: begin a script with a line such as #!"
	unknownInterp   = "line 1 names an interpreter that does not exist, "
	byteOrderCause  = `a byte order mark precedes #! in line 1: remove it, such as by sed -i '1s/^\xEF\xBB\xBF//' PATH`
	isNotExecutable = "it is not executable: run chmod +x "
)

// The causes are tested with the errors that the system really returns.
func TestCauseOfARefusal(t *testing.T) {
	foreign, architecture := foreignProgram()
	broken := executable(t, "wrapper", "#!/no/such/thing\n")
	plain := executable(t, "plain", "#!/bin/sh\n")
	if err := os.Chmod(plain, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ path, want string }{
		"DOS line ends": {executable(t, "a.sh", "#!/bin/sh\r\necho\r\n"), dosCause + " PATH"},
		"name to quote": {executable(t, "it's a.sh", "#!/bin/sh\r\n"), dosCause + " QUOTED"},
		"no interpreter": {executable(t, "a.pl", "#!/opt/none/perl -w\n"),
			unknownInterp + "/opt/none/perl: correct its path, or write #!/usr/bin/env perl"},
		"interpreter by name": {executable(t, "a.py", "#!python3\n"),
			"line 1 names its interpreter python3 without its path: write #!/usr/bin/env python3"},
		"interpreter's own": {executable(t, "a", "#!"+broken+"\n"),
			"its interpreter " + broken + ": " + unknownInterp +
				"/no/such/thing: correct its path, or write #!/usr/bin/env thing"},
		"plain interpreter": {executable(t, "a", "#!"+plain+"\n"),
			"its interpreter " + plain + ": " + isNotExecutable + plain},
		"interpreting a directory": {executable(t, "a", "#!/usr\n"),
			"line 1 names /usr, which is a directory: name an interpreter there"},
		"plain":              {plain, isNotExecutable + "PATH"},
		"no shebang":         {executable(t, "a.sh", "echo\n"), noShebangCause + "/bin/sh"},
		"no shebang, Python": {executable(t, "a.py", "print()\n"), noShebangCause + "/usr/bin/env python3"},
		"empty": {executable(t, "a", ""),
			"the file is empty: it must be a program for this machine or a script"},
		"a byte order mark": {executable(t, "a", "\ufeff#!/bin/sh\n"), byteOrderCause},
		"an empty line": {executable(t, "a", "\n#!/bin/sh\n"),
			"#! is not at the beginning of the file: remove what precedes it"},
		"of another machine": {executable(t, "a", foreign),
			"it is a program for " + architecture + ", but this machine is " + runtime.GOARCH + ": build it for " +
				runtime.GOARCH},
		"of Windows": {executable(t, "a", "MZ\x90\x00\x03"),
			"it is a program for Windows: build it for " + runtime.GOOS},
		"of macOS": {executable(t, "a", "\xcf\xfa\xed\xfe\x07"),
			"it is a program for macOS: build it for " + runtime.GOOS},
		"no text": {executable(t, "a", "\x00\x01"), noProgramCause},
		"no file": {filepath.Join(t.TempDir(), "none"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			want := strings.ReplaceAll(test.want, "PATH", test.path)
			want = strings.ReplaceAll(want, "QUOTED", "'"+strings.ReplaceAll(test.path, "'", `'\''`)+"'")
			err := exec.Command(test.path).Run()
			if err == nil || errors.As(err, new(*exec.ExitError)) { // this system has an emulator for it
				err = syscall.ENOEXEC
			}
			if got := (subject.Failure{Path: test.path, Err: err}).Cause(); got != want {
				t.Errorf("Cause of %v = %q, want %q", err, got, want)
			}
			var refusal syscall.Errno
			if !errors.As(err, &refusal) || want == "" {
				return
			}
			logged := "script cgi: GET /: fork/exec " + test.path + ": " + refusal.Error() // as net/http/cgi logs it
			if got := (subject.Failure{Log: []string{"others", logged}}).Cause(); got != want {
				t.Errorf("Cause of %q = %q, want %q", logged, got, want)
			}
		})
	}
}

// A binary for another C library lacks its dynamic linker. The system reports that like a missing file.
func TestCauseOfAMissingLinker(t *testing.T) {
	dir := t.TempDir()
	source, path := filepath.Join(dir, "a.c"), filepath.Join(dir, "a.cgi")
	if err := os.WriteFile(source, []byte("int main(void) { return 0; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const linker = "/no/such/ld.so"
	if out, err := exec.Command("gcc", "-Wl,--dynamic-linker="+linker, "-o", path, source).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	err := exec.Command(path).Run()
	want := "its dynamic linker " + linker + " does not exist: install the C library it was built for, or link it " +
		"statically"
	if got := (subject.Failure{Path: path, Err: err}).Cause(); got != want {
		t.Errorf("Cause of %v = %q, want %q", err, got, want)
	}
}

func TestCauseOfAFailure(t *testing.T) {
	const form = ": a CGI response begins with a header, such as Content-Type: text/plain, and an empty line"
	dos := executable(t, "dos", "#!/bin/sh -e\r\n")
	for name, test := range map[string]struct {
		failure subject.Failure
		want    string
	}{
		"nothing": {subject.Failure{Output: []byte{}}, "it printed nothing" + form},
		"nothing but a log": {subject.Failure{Output: []byte{},
			Log: []string{"KeyError: 1"}}, "it printed nothing"},
		"no head": {subject.Failure{Output: []byte("hello\r\n")},
			`its first line is "hello"` + form},
		"a response": {subject.Failure{Output: []byte("Content-Type: a\n\n")}, ""},
		"no head, by a host": {subject.Failure{Log: []string{"script cgi: GET /: bogus header line: hello: you"}},
			`its first line is "hello: you"` + form},
		"nothing, by a host": {subject.Failure{Log: []string{"script cgi: GET /: no headers"}},
			"it printed no header" + form},
		"an exit, by a host": {subject.Failure{Log: []string{
			"script cgi: GET /: no headers; the program ended with status 3"}}, "it printed no header" + form},
		"no head and an exit, by a host": {subject.Failure{Log: []string{
			"script cgi: GET /: bogus header line: a; the program was killed (signal: killed)"}},
			`its first line is "a"` + form},
		"nothing but a log, by a host": {subject.Failure{Log: []string{"script cgi: GET /: KeyError: 1",
			"script cgi: GET /: no headers"}}, "it printed no header"},
		"env, DOS": {subject.Failure{Log: []string{
			`script cgi: GET /: /usr/bin/env: 'python3\r': No such file or directory`}}, dosCause},
		"env": {subject.Failure{Output: []byte{},
			Log: []string{"/usr/bin/env: ‘python9’: No such file or directory"}},
			"env does not find python9 on the program's PATH: use its absolute path (in line 1, if it is there)"},
		"an option, DOS": {subject.Failure{Path: dos, Output: []byte{},
			Log: []string{"/bin/sh: 0: Illegal option -"}},
			dosCause + " " + dos},
		"DOS, and another error": {subject.Failure{Path: dos, Output: []byte{},
			Log: []string{"KeyError: 1"}}, "it printed nothing"},
		"nothing is known": {subject.Failure{}, ""},
		"another error":    {subject.Failure{Path: dos, Err: errors.New("no")}, ""},
	} {
		if got := test.failure.Cause(); got != test.want {
			t.Errorf("Cause, %s = %q, want %q", name, got, test.want)
		}
	}
}

func TestFailureSuffix(t *testing.T) {
	got := subject.Failure{Log: []string{"script cgi: GET /: KeyError: 1", "script cgi: GET /: no headers"}}.Suffix()
	if want := "; it printed no header; it logged:\n  KeyError: 1\n  no headers"; got != want {
		t.Errorf("Suffix = %q, want %q", got, want)
	}
	if got := (subject.Failure{}).Suffix(); got != "" {
		t.Errorf("Suffix of nothing = %q", got)
	}
}
