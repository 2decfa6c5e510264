package explain_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/explain"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
	"forktax/workload/contract"
)

// explained explains a program with 6 starts, and checks the consistency of the result.
func explained(t *testing.T, plan explain.Explainer) *explain.Explanation {
	t.Helper()
	plan.Starts = 6
	plan.Request.Request = contract.Request{Method: "GET", Path: "/"}
	e, err := plan.Explain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ordered := 0 < e.Exec && e.Exec <= e.FirstByte && e.FirstByte <= e.Ended
	if e.Starts != 6 || !ordered || e.CPU <= 0 || e.MinorFaults <= 0 {
		t.Errorf("Explain = %+v, want 6 starts and their times in ascending order", e)
	}
	ranked := slices.IsSortedFunc(e.Parts, func(a, b explain.Part) int {
		switch {
		case a.Cost != nil && b.Cost != nil:
			return int(*b.Cost - *a.Cost)
		case a.Cost == nil && b.Cost != nil:
			return 1
		case a.Cost != nil:
			return -1
		}
		return 0
	})
	if !ranked {
		t.Errorf("parts = %+v, want them sorted by cost", e.Parts)
	}
	for _, f := range e.Parts {
		if (f.Cost == nil) != (f.By == "") || f.Cost != nil && *f.Cost < 0 || f.Kind == "" || f.Name == "" {
			t.Errorf("part = %+v, want a kind, a name, and a cost with its method of measurement", f)
		}
	}
	return e
}

// traceable skips the test where programs cannot be traced.
func traceable(t *testing.T) {
	t.Helper()
	if err := explain.Traceable(t.Context()); err != nil {
		testenv.Skip(t, err)
	}
}

// find returns the part of the given kind whose name has the given suffix.
func find(t *testing.T, e *explain.Explanation, kind, name string) explain.Part {
	t.Helper()
	for _, f := range e.Parts {
		if f.Kind == kind && strings.HasSuffix(f.Name, name) {
			return f
		}
	}
	var all []string
	for _, f := range e.Parts {
		all = append(all, f.Kind+" "+f.Name)
	}
	t.Errorf("no part %s %q in %q", kind, name, all)
	return explain.Part{}
}

// by fails the test unless the part's cost was measured by the given method.
func by(t *testing.T, f explain.Part, how string) {
	t.Helper()
	if f.By != how {
		t.Errorf("%s %s measured by %q, want %q", f.Kind, f.Name, f.By, how)
	}
}

func build(t *testing.T, command ...string) {
	t.Helper()
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", command, err, out)
	}
}

func TestExplainGo(t *testing.T) {
	traceable(t)
	path := filepath.Join(programtest.Build(t, "forktax-hello"), "forktax-hello")
	e := explained(t, explain.Explainer{Command: command(path)})
	if e.Language != "Go" || e.Executed != path || e.Status != 200 || e.ResponseBytes != len("hello\n") || !e.Traced {
		t.Errorf("Explain = %+v", e)
	}
	by(t, find(t, e, explain.KindInit, "net/http"), explain.ByInitTrace)
	by(t, find(t, e, explain.KindFile, "/proc/self/cgroup"), explain.ByReplay)
	by(t, find(t, e, explain.KindFault, "faults"), explain.ByEstimate)
	by(t, find(t, e, explain.KindThread, "more threads"), "")
	for _, f := range e.Parts {
		if f.Kind == explain.KindLinker || f.Kind == explain.KindLibrary {
			t.Errorf("static program has the part %+v", f)
		}
	}
}

// Go's library starts a child before the first command. It is reported as such.
func TestExplainGoThatStartsPrograms(t *testing.T) {
	traceable(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module a\ngo 1.24\n", "a.go": `package main

import (
	"fmt"
	"os/exec"
)

func main() {
	fmt.Print("Content-Type: text/plain\n\n")
	for range 2 {
		exec.Command("/bin/true").Run()
	}
}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "a.cgi")
	build(t, "go", "build", "-C", dir, "-o", path)
	e := explained(t, explain.Explainer{Command: command(path)})
	if f := find(t, e, explain.KindFork, path); f.Detail != "a throw-away child of Go's os/exec" {
		t.Errorf("child = %+v", f)
	}
	if f := find(t, e, explain.KindProcess, "/true"); f.Detail != "2 times" {
		t.Errorf("part of true = %+v", f)
	}
	note := path + " starts other programs with Go's os/exec, which first tests"
	if len(e.Notes) != 1 || !strings.HasPrefix(e.Notes[0].Text, note) {
		t.Errorf("Explain = %q, want a note on the child", e.Notes)
	}
	if f := find(t, e, explain.KindInit, "internal/godebug"); f.Detail != "mostly from the measurement itself" {
		t.Errorf("package that reads GODEBUG = %+v", f)
	}
	n, err := command(path).CountStart(t.Context())
	if err != nil || n.Processes != 4 || n.Probes != 1 {
		t.Errorf("CountStart = %+v, %v, want 4 processes, including 1 probe", n, err)
	}
}

func TestExplainC(t *testing.T) {
	traceable(t)
	dir := t.TempDir()
	source, path := filepath.Join(dir, "a.c"), filepath.Join(dir, "a.cgi")
	if err := os.WriteFile(source, []byte(`#include <stdio.h>
#include <math.h>
#include <unistd.h>
int main(int argc, char **argv) {
	access("/no/such/file", 0);
	printf("Content-Type: text/plain\n\n%.3f\n", cos(argc - 1));
	return 0;
}`), 0o600); err != nil {
		t.Fatal(err)
	}
	build(t, "gcc", "-fno-builtin", "-o", path, source, "-lm")
	e := explained(t, explain.Explainer{Command: command(path)})
	if e.Language != "" || e.Executed != path || e.ResponseBytes != len("1.000\n") {
		t.Errorf("Explain = %+v", e)
	}
	linker := find(t, e, explain.KindLinker, "")
	by(t, linker, explain.ByLinker)
	if linker.Advice != "link statically" || !strings.HasSuffix(linker.Detail, " relocations") {
		t.Errorf("dynamic linker = %+v", linker)
	}
	by(t, find(t, e, explain.KindLibrary, "libm.so.6"), explain.ByReplay)
	by(t, find(t, e, explain.KindLibrary, "libc.so.6"), explain.ByReplay)
	by(t, find(t, e, explain.KindMissing, "looked for and not found"), explain.ByReplay)
}

// pythonPath returns the path of the interpreter itself, not that of a shim that comes before it on PATH.
func pythonPath(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatalf("asking python3 where it is: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func TestExplainShell(t *testing.T) {
	traceable(t)
	c := shell(t, `echo 'Status: 404'; echo; uname >/dev/null; uname >/dev/null; [ -e /no/such/file ]; (:); exec env true`)
	e := explained(t, explain.Explainer{Command: c, Request: subject.Asked{Status: 404}})
	if e.Language != "shell" || e.Executed != "/bin/sh" || e.Status != 404 || len(e.Notes) > 0 {
		t.Errorf("Explain = %+v", e)
	}
	uname := find(t, e, explain.KindProcess, "/uname")
	by(t, uname, explain.ByLoading)
	if uname.Detail != "2 times" || !uname.Late || uname.Advice != "use a shell builtin" {
		t.Errorf("part of uname = %+v", uname)
	}
	by(t, find(t, e, explain.KindExec, "/env"), explain.ByLoading) // executed after the first byte, so it does not respond
	by(t, find(t, e, explain.KindFork, c.Path), "")
	by(t, find(t, e, explain.KindInterpreter, "/bin/sh"), explain.ByStarts)
	find(t, e, explain.KindMissing, "looked for and not found")
}

// Processes left running do not count as part of the program, traced or not.
func TestExplainLeftover(t *testing.T) {
	traceable(t)
	left := fmt.Sprintf("sleep 30.%07d", os.Getpid()) // unique to this test
	e := explained(t, explain.Explainer{Command: shell(t, header+left+" &")})
	// The wait of 200 ms begins with the output or the end, whichever is last, and the end is noticed somewhat later.
	held := int64(150 * time.Millisecond)
	if !e.Traced || e.Held < held || len(e.Notes) != 1 ||
		!strings.HasPrefix(e.Notes[0].Text,
			"processes that it left running ("+left+") kept its output open after its end, for ") ||
		!strings.HasSuffix(e.Notes[0].Text, ", until they were killed") {
		t.Errorf("Explain = traced %t, held %d ns, %q; want traced, about 200 ms and a note", e.Traced, e.Held, e.Notes)
	}
	find(t, e, explain.KindProcess, "/sleep")
	for _, f := range e.Parts {
		if f.Kind == explain.KindWait && *f.Cost >= held {
			t.Errorf("part %+v: want it without the time of processes left running", f)
		}
	}
	commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(commands) == 0 {
		t.Fatalf("no processes: %v", err)
	}
	for _, file := range commands {
		if text, _ := os.ReadFile(file); strings.ReplaceAll(string(text), "\x00", " ") == left+" " {
			t.Errorf("%s: %s is still running", file, left)
		}
	}
}

// If a shim finds the interpreter, the note has the interpreter's path, traced or not. The interpreter is a shell here,
// which cannot be started alone with Python's options, so the note has no saving.
func TestExplainShim(t *testing.T) {
	traceable(t)
	shims, interpreter := programtest.Pyenv(t, "/bin/sh")
	path := script(t, "#!/usr/bin/env python3\n"+header+"uname >/dev/null\n")
	want := explain.Note{Text: "line 1 goes through pyenv's shell script " + filepath.Join(shims, "python3"),
		Advice: "write #!" + interpreter}
	check := func(c explain.Command, want explain.Note) {
		t.Helper()
		e := explained(t, explain.Explainer{Command: c.With("PATH=" + shims + ":/usr/bin:/bin")})
		if e.Executed != interpreter || !slices.Contains(e.Notes, want) {
			t.Errorf("Explain = %s executed, %q; want %s and %q", e.Executed, e.Notes, interpreter, want)
		}
		if f := find(t, e, explain.KindShim, "/python3"); f.Detail != "pyenv's shell script" {
			t.Errorf("shim = %+v", f)
		}
		for _, f := range e.Parts {
			if strings.HasSuffix(f.Name, "/bash") {
				t.Errorf("part %+v belongs to the shim", f)
			}
		}
	}
	check(command(path), want)
	check(command(filepath.Join(shims, "python3"), path), explain.Note{Text: "python3 is pyenv's shell script " +
		filepath.Join(shims, "python3"), Advice: "use " + interpreter})
	without := t.TempDir() // a PATH without strace
	if err := os.Symlink("/bin/bash", filepath.Join(without, "bash")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", without)
	check(command(path), want)
}

// A wrapper does not respond, but has a cost.
func TestExplainWrapper(t *testing.T) {
	traceable(t)
	c := shell(t, "exec "+script(t, "#!/bin/sh\n"+header))
	e := explained(t, explain.Explainer{Command: c})
	if f := find(t, e, explain.KindExec, c.Path); f.Advice != "start the last program directly" {
		t.Errorf("wrapper = %+v", f)
	}
}

// Without strace, costs are still measured, and a note lists what is not known.
func TestExplainWithoutTracer(t *testing.T) {
	c := shell(t, header+"uname >/dev/null; date >/dev/null")
	t.Setenv("PATH", t.TempDir())
	e := explained(t, explain.Explainer{Command: c})
	if e.Traced || len(e.Notes) != 1 || !strings.Contains(e.Notes[0].Text, "strace is not installed") ||
		e.Notes[0].Advice != "Debian: apt-get install strace" {
		t.Errorf("Explain without strace = %+v", e)
	}
	by(t, find(t, e, explain.KindInterpreter, "/bin/sh"), explain.ByStarts)
	by(t, find(t, e, explain.KindLinker, ""), explain.ByLinker)
}

// tracing replaces strace by the script.
func tracing(t *testing.T, text string) {
	t.Helper()
	tracer := script(t, "#!/bin/sh\n"+text)
	if err := os.Rename(tracer, filepath.Join(filepath.Dir(tracer), "strace")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(tracer))
}

// forbidden is a script that behaves as strace does where ptrace is forbidden.
const forbidden = `cat >&2 <<'end'
strace: test_ptrace_get_syscall_info: PTRACE_TRACEME: Operation not permitted
strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted
strace: PTRACE_SETOPTIONS: Operation not permitted
strace: detach: waitpid(7): No child processes
end
exit 1
`

// If strace is installed but is not permitted to trace, the note has the reason.
func TestExplainWithABrokenTracer(t *testing.T) {
	c := shell(t, header)
	tracing(t, "PATH=/usr/bin:/bin\n"+forbidden)
	e := explained(t, explain.Explainer{Command: c})
	if e.Traced || len(e.Notes) != 1 || !strings.HasSuffix(e.Notes[0].Text,
		"strace cannot trace here: strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted") ||
		!strings.Contains(e.Notes[0].Advice, "allow ptrace") {
		t.Errorf("Explain with a broken strace = %+v", e)
	}
}

// The error quotes the system's reason, and differs from the errors of a single program.
func TestTraceable(t *testing.T) {
	const refused = "strace cannot trace here: "
	for name, test := range map[string]struct {
		tracer string // a script; "" if there is none
		want   string // the beginning of the error; "" if there is none
	}{
		"not installed": {"", "strace is not installed (Debian: apt-get install strace)"},
		"forbidden": {"PATH=/usr/bin:/bin\n" + forbidden,
			refused + "strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted (allow ptrace: "},
		"other message": {"echo 'strace: no\nbut why' >&2; exit 1", refused + "strace: no (allow"},
		"no message":    {"exit 3", refused + "exit status 3 (allow"},
		"does nothing":  {"#", refused + "exit status 0 (allow"},
	} {
		t.Run(name, func(t *testing.T) {
			c := shell(t, header)
			t.Setenv("PATH", t.TempDir())
			if test.tracer != "" {
				tracing(t, test.tracer)
			}
			_, counted := c.CountStart(t.Context())
			for call, err := range map[string]error{"Traceable": explain.Traceable(t.Context()), "CountStart": counted} {
				var none *explain.NoTracerError
				if !errors.As(err, &none) || !strings.HasPrefix(err.Error(), test.want) {
					t.Errorf("%s = %v, want %q", call, err, test.want)
				}
			}
		})
	}
}

func TestExplainFails(t *testing.T) {
	check := func(c explain.Command, want string) {
		t.Helper()
		_, err := explain.Explainer{Command: c}.Explain(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Explain = %v, want an error with %q", err, want)
		}
	}
	check(command("/no/such/program"), "starting /no/such/program: no such file")
	check(shell(t, "echo hello"), `its first line is "hello": a CGI response begins with a header`)
	marker := filepath.Join(t.TempDir(), "marker")
	check(shell(t, "mkdir "+marker+" || exit 1; "+header), "it printed nothing") // the second time
	slow := shell(t, "sleep 1000")
	slow.Limit = 100 * time.Millisecond
	check(slow, "did not end within 0.1 s")
}
