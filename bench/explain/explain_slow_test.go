//go:build slow

package explain_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/explain"
	"forktax/bench/subject/programtest"
)

// Every switch that can matter to a program is tried, and none that cannot.
func TestTry(t *testing.T) {
	traceable(t)
	check := func(c explain.Command, unusable []string, want ...string) {
		t.Helper()
		var told []string
		e := explained(t, explain.Explainer{Command: c, Try: true, Budget: time.Millisecond, Seed: 1,
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
	for _, f := range explained(t, explain.Explainer{Command: c}).Parts {
		if filepath.Base(f.Name) == "localtime" {
			zone = []string{"TZ=UTC"}
		}
	}
	check(c, []string{"python3 -I"}, slices.Concat(options, dynamic, zone, []string{always})...)
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
	e := explained(t, explain.Explainer{Command: c})
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
	for _, f := range e.Parts {
		if f.Kind == explain.KindImport && f.Name == "encodings" {
			t.Errorf("%+v is the interpreter's own, and in its cost", f)
		}
	}
}

// What a shim costs is the difference between two starts of the interpreter alone.
func TestExplainShimOfPython(t *testing.T) {
	traceable(t)
	shims, interpreter := programtest.Pyenv(t, pythonPath(t))
	path := script(t, "#!/usr/bin/env python3\nprint('Content-Type: text/plain\\n\\nhello')\n")
	e := explained(t, explain.Explainer{Command: command(path).With("PATH="+shims+":/usr/bin:/bin", "PYENV_DELAY=0.5")})
	f := find(t, e, explain.KindShim, "/python3")
	if by(t, f, explain.ByStarts); f.Cost == nil || *f.Cost < int64(100*time.Millisecond) {
		t.Errorf("the shim is %+v, want most of 500 ms", f)
	}
	advice := "write #!" + interpreter + ": saves about "
	if !slices.ContainsFunc(e.Notes, func(n explain.Note) bool { return strings.HasPrefix(n.Advice, advice) }) {
		t.Errorf("Explain = %q, want the advice %q", e.Notes, advice)
	}
}

// What a script does itself is what is left, and while it sleeps no processor works for it.
func TestExplainRest(t *testing.T) {
	traceable(t)
	c := shell(t, header+"sleep 0.2")
	e := explained(t, explain.Explainer{Command: c})
	for kind, how := range map[string]string{explain.KindScript: explain.ByRest, explain.KindWait: explain.ByClock} {
		f := find(t, e, kind, "")
		if by(t, f, how); f.Cost == nil || *f.Cost < int64(100*time.Millisecond) {
			t.Errorf("the %s is %+v, want most of 200 ms", kind, f)
		}
	}
}
