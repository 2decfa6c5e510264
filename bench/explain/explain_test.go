package explain_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench"
	"forktax/bench/explain"
	"forktax/bench/program/programtest"
	"forktax/bench/testenv"
)

// explained explains a program by few starts.
func explained(t *testing.T, plan explain.Plan) *explain.Explanation {
	t.Helper()
	plan.Starts = 6
	plan.Request = bench.Request{Method: "GET", Path: "/"}
	e, err := plan.Explain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ordered := 0 < e.InPlace && e.InPlace <= e.FirstByte && e.FirstByte <= e.Ended
	if e.Starts != 6 || !ordered || e.CPU <= 0 || e.MinorFaults <= 0 {
		t.Errorf("Explain = %+v, want 6 starts and their times in order", e)
	}
	ranked := slices.IsSortedFunc(e.Findings, func(a, b explain.Finding) int {
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
		t.Errorf("the findings are not ranked by cost: %+v", e.Findings)
	}
	for _, f := range e.Findings {
		if (f.Cost == nil) != (f.By == "") || f.Cost != nil && *f.Cost < 0 || f.Kind == "" || f.Name == "" {
			t.Errorf("a finding is %+v, want a kind, a name, and a cost with how it was measured", f)
		}
	}
	return e
}

// traceable skips the test where nothing can be seen.
func traceable(t *testing.T) {
	t.Helper()
	testenv.Program(t, "strace", "strace")
}

// find returns the finding of that kind whose name ends so.
func find(t *testing.T, e *explain.Explanation, kind, name string) explain.Finding {
	t.Helper()
	for _, f := range e.Findings {
		if f.Kind == kind && strings.HasSuffix(f.Name, name) {
			return f
		}
	}
	var all []string
	for _, f := range e.Findings {
		all = append(all, f.Kind+" "+f.Name)
	}
	t.Errorf("no %s %q was found in %q", kind, name, all)
	return explain.Finding{}
}

// by fails the test unless the finding's cost was measured so.
func by(t *testing.T, f explain.Finding, how string) {
	t.Helper()
	if f.By != how {
		t.Errorf("%s %s was measured by %q, want %q", f.Kind, f.Name, f.By, how)
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
	e := explained(t, explain.Plan{Command: command(path)})
	if e.Language != "Go" || e.Executed != path || e.Status != 200 || e.AnswerBytes != len("hello\n") || !e.Traced {
		t.Errorf("Explain = %+v", e)
	}
	by(t, find(t, e, explain.KindInit, "net/http"), explain.ByInitTrace)
	by(t, find(t, e, explain.KindFile, "/proc/self/cgroup"), explain.ByReplay)
	by(t, find(t, e, explain.KindFault, "faults"), explain.ByEstimate)
	by(t, find(t, e, explain.KindThread, "more threads"), "")
	for _, f := range e.Findings {
		if f.Kind == explain.KindLinker || f.Kind == explain.KindLibrary {
			t.Errorf("a static program has %+v", f)
		}
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
	e := explained(t, explain.Plan{Command: command(path)})
	if e.Language != "" || e.Executed != path || e.AnswerBytes != len("1.000\n") {
		t.Errorf("Explain = %+v", e)
	}
	linker := find(t, e, explain.KindLinker, "")
	by(t, linker, explain.ByLinker)
	if linker.Advice != "link statically" || !strings.HasSuffix(linker.Detail, " relocations") {
		t.Errorf("the dynamic linker is %+v", linker)
	}
	by(t, find(t, e, explain.KindLibrary, "libm.so.6"), explain.ByReplay)
	by(t, find(t, e, explain.KindLibrary, "libc.so.6"), explain.ByReplay)
	by(t, find(t, e, explain.KindMissing, "looked for in vain"), explain.ByReplay)
}

// pythonPath is the interpreter itself, and not what may stand before it on PATH.
func pythonPath(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatalf("asking python3 where it is: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// The script imports a module of its own, which spends 20 ms, and asks env for its interpreter.
func TestExplainPython(t *testing.T) {
	traceable(t)
	python := pythonPath(t)
	path := script(t, "#!/usr/bin/env "+filepath.Base(python)+`
import slow
print('Content-Type: text/plain\n\nhello')
`)
	module := filepath.Join(filepath.Dir(path), "slow.py")
	if err := os.WriteFile(module, []byte("import time\ntime.sleep(0.02)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := command(path).With("PATH=" + filepath.Dir(python) + ":/usr/bin:/bin")
	e := explained(t, explain.Plan{Command: c})
	if e.Language != "Python" || filepath.Dir(e.Executed) != filepath.Dir(python) {
		t.Errorf("Explain = %s of %s, want Python of %s", e.Executed, e.Language, python)
	}
	slow := find(t, e, explain.KindImport, "slow")
	if by(t, slow, explain.ByImportTime); slow.Cost == nil || *slow.Cost < int64(20*time.Millisecond) {
		t.Errorf("importing slow is %+v, want 20 ms at the least", slow)
	}
	if slow.Advice != "import it where it is needed" {
		t.Errorf("the advice on slow is %q", slow.Advice)
	}
	find(t, e, explain.KindImport, "site")
	by(t, find(t, e, explain.KindInterpreter, "python3"), explain.ByStarts)
	env := find(t, e, explain.KindExec, path)
	if by(t, env, explain.ByLoading); env.Detail != "by /usr/bin/env" {
		t.Errorf("env is %+v", env)
	}
	find(t, e, explain.KindFile, "slow.py")
	if !slices.ContainsFunc(e.Imports, func(m explain.Import) bool { return m.Name == "time" && m.Cumulative >= m.Self }) {
		t.Errorf("the imports are %+v, want time among them", e.Imports)
	}
	for _, f := range e.Findings {
		if f.Kind == explain.KindImport && f.Name == "encodings" {
			t.Errorf("%+v is the interpreter's own, and in its cost", f)
		}
	}
}

func TestExplainShell(t *testing.T) {
	traceable(t)
	c := shell(t, `echo 'Status: 404'; echo; uname >/dev/null; uname >/dev/null; [ -e /no/such/file ]; (:); exec env true`)
	e := explained(t, explain.Plan{Command: c})
	if e.Language != "shell" || e.Executed != "/bin/sh" || e.Status != 404 || len(e.Notes) > 0 {
		t.Errorf("Explain = %+v", e)
	}
	uname := find(t, e, explain.KindProcess, "/uname")
	by(t, uname, explain.ByLoading)
	if uname.Detail != "2 times" || !uname.Late || uname.Advice != "use a builtin of the shell" {
		t.Errorf("uname is %+v", uname)
	}
	by(t, find(t, e, explain.KindExec, "/env"), explain.ByLoading) // after the first byte, so it is not what answers
	by(t, find(t, e, explain.KindFork, c.Path), "")
	by(t, find(t, e, explain.KindInterpreter, "/bin/sh"), explain.ByStarts)
	find(t, e, explain.KindMissing, "looked for in vain")
}

// What a script does itself is what is left, and while it sleeps no processor works for it.
func TestExplainRest(t *testing.T) {
	traceable(t)
	c := shell(t, header+"sleep 0.2")
	e := explained(t, explain.Plan{Command: c})
	for kind, how := range map[string]string{explain.KindScript: explain.ByRest, explain.KindWait: explain.ByClock} {
		f := find(t, e, kind, "")
		if by(t, f, how); f.Cost == nil || *f.Cost < int64(100*time.Millisecond) {
			t.Errorf("the %s is %+v, want most of 200 ms", kind, f)
		}
	}
}

// A wrapper is not what answers, but it costs.
func TestExplainWrapper(t *testing.T) {
	traceable(t)
	c := shell(t, "exec "+script(t, "#!/bin/sh\n"+header))
	e := explained(t, explain.Plan{Command: c})
	if f := find(t, e, explain.KindExec, c.Path); f.Advice != "start the last one directly" {
		t.Errorf("the wrapper is %+v", f)
	}
}

// Without strace what can be timed is known all the same, and what is not known is said.
func TestExplainWithoutTracer(t *testing.T) {
	c := shell(t, header+"uname >/dev/null; date >/dev/null")
	t.Setenv("PATH", t.TempDir())
	e := explained(t, explain.Plan{Command: c})
	if e.Traced || len(e.Notes) != 1 || !strings.Contains(e.Notes[0].Text, "strace is not installed") ||
		e.Notes[0].Advice != "apt-get install strace" {
		t.Errorf("Explain without strace = %+v", e)
	}
	by(t, find(t, e, explain.KindInterpreter, "/bin/sh"), explain.ByStarts)
	by(t, find(t, e, explain.KindLinker, ""), explain.ByLinker)
}

// Where the tracer is there and must not trace, it is said why.
func TestExplainWithABrokenTracer(t *testing.T) {
	c := shell(t, header)
	tracer := script(t, "#!/bin/sh\necho 'strace: ptrace: Operation not permitted' >&2; exit 1\n")
	if err := os.Rename(tracer, filepath.Join(filepath.Dir(tracer), "strace")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(tracer))
	e := explained(t, explain.Plan{Command: c})
	if e.Traced || len(e.Notes) != 1 || !strings.Contains(e.Notes[0].Text, "Operation not permitted") {
		t.Errorf("Explain with a broken strace = %+v", e)
	}
}

// Every switch that can matter to a program is tried, and none that cannot.
func TestTry(t *testing.T) {
	traceable(t)
	check := func(c explain.Command, unusable []string, want ...string) {
		t.Helper()
		var told []string
		e := explained(t, explain.Plan{Command: c, Try: true, Budget: time.Millisecond, Seed: 1,
			Progress: func(text string) { told = append(told, text) }})
		var names []string
		for _, r := range e.Trials {
			names = append(names, r.Name)
			if not := slices.Contains(unusable, r.Name); (r.Verdict == explain.NotUsable) != not || (r.Why != "") != not {
				t.Errorf("the trial is %+v, want it not usable: %t", r, not)
			}
			if want := 1 - 0.05/float64(len(e.Trials)); r.Confidence != want {
				t.Errorf("the confidence of %s is %g, want %g, so that all hold together", r.Name, r.Confidence, want)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("tried %q, want %q", names, want)
		}
		if len(told) != 1+len(want) || len(e.Untried) == 0 {
			t.Errorf("it told of %q and leaves %q", told, e.Untried)
		}
		if _, err := json.Marshal(e); err != nil {
			t.Error(err)
		}
	}
	always := "smaller environment"
	dynamic := []string{"LD_BIND_NOW=1", "MALLOC_ARENA_MAX=1", "LC_ALL=C"}
	path := filepath.Join(programtest.Build(t, "forktax-hello"), "forktax-hello")
	check(command(path), nil, "GOMAXPROCS=1", "GOGC=off", "GODEBUG=containermaxprocs=0", always)
	check(shell(t, header), nil, append(dynamic, always)...)

	// A script that needs its own folder cannot do without it.
	python := pythonPath(t)
	path = script(t, "#!/usr/bin/env "+filepath.Base(python)+`
import mine
print('Content-Type: text/plain\n\nhello')
`)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "mine.py"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	options := []string{"python3 -S", "python3 -E -s", "python3 -I", "python3 -X frozen_modules=on",
		"PYTHONDONTWRITEBYTECODE=1", "script compiled beforehand", "interpreter started directly"}
	c := command(path).With("PATH=" + filepath.Dir(python) + ":/usr/bin:/bin")
	var zone []string
	for _, f := range explained(t, explain.Plan{Command: c}).Findings {
		if filepath.Base(f.Name) == "localtime" {
			zone = []string{"TZ=UTC"}
		}
	}
	check(c, []string{"python3 -I"}, slices.Concat(options, dynamic, zone, []string{always})...)
}

func TestExplainFails(t *testing.T) {
	check := func(c explain.Command, want string) {
		t.Helper()
		_, err := explain.Plan{Command: c}.Explain(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Explain = %v, want an error with %q", err, want)
		}
	}
	check(command("/no/such/program"), "starting /no/such/program: no such file")
	check(shell(t, "echo hello"), "no CGI answer")
	marker := filepath.Join(t.TempDir(), "marker")
	check(shell(t, "mkdir "+marker+" || exit 1; "+header), "it printed nothing") // the second time
	slow := shell(t, "sleep 1000")
	slow.Limit = 100 * time.Millisecond
	check(slow, "did not end within 100ms")
}
