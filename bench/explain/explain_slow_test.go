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

// All switches that can have an effect on a program are tried, and no others.
func TestTry(t *testing.T) {
	traceable(t)
	check := func(c explain.Command, unusable []string, want ...string) {
		t.Helper()
		var progress []string
		e := explained(t, explain.Explainer{Command: c, Try: true, Budget: time.Millisecond, Seed: 1,
			Progress: func(text string) { progress = append(progress, text) }})
		var names []string
		for _, r := range e.Trials {
			names = append(names, r.Name)
			if not := slices.Contains(unusable, r.Name); (r.Verdict == explain.NotUsable) != not || (r.Why != "") != not {
				t.Errorf("trial = %+v, want not usable: %t", r, not)
			}
			if want := 1 - 0.05/float64(len(e.Trials)); r.Confidence != want {
				t.Errorf("confidence of %s = %g, want %g, so that all intervals hold together", r.Name, r.Confidence, want)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("tried %q, want %q", names, want)
		}
		if len(progress) != 1+len(want) || len(e.Untried) == 0 {
			t.Errorf("progress = %q, untried = %q; want %d messages and some untried", progress, e.Untried, 1+len(want))
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

	// A script that imports from its own directory fails without it.
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

// The script imports its own module, which takes 20 ms, and finds its interpreter with env.
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
		t.Errorf("Explain = %s, %s, want Python, %s", e.Language, e.Executed, python)
	}
	slow := find(t, e, explain.KindImport, "slow")
	if by(t, slow, explain.ByImportTime); slow.Cost == nil || *slow.Cost < int64(20*time.Millisecond) {
		t.Errorf("import of slow = %+v, want at least 20 ms", slow)
	}
	if want := "import it lazily, where it is used"; slow.Advice != want {
		t.Errorf("advice on slow = %q, want %q", slow.Advice, want)
	}
	find(t, e, explain.KindImport, "site")
	by(t, find(t, e, explain.KindInterpreter, "python3"), explain.ByStarts)
	env := find(t, e, explain.KindExec, path)
	if by(t, env, explain.ByLoading); env.Detail != "by /usr/bin/env" {
		t.Errorf("part of env = %+v", env)
	}
	find(t, e, explain.KindFile, "slow.py")
	if !slices.ContainsFunc(e.Imports, func(m explain.Import) bool { return m.Name == "time" && m.Cumulative >= m.Self }) {
		t.Errorf("imports = %+v, want time among them", e.Imports)
	}
	for _, f := range e.Parts {
		if f.Kind == explain.KindImport && f.Name == "encodings" {
			t.Errorf("part %+v: want it included in the interpreter's cost", f)
		}
	}
}

// The cost of a shim is the difference between starts of the interpreter alone through the shim and without it.
func TestExplainShimOfPython(t *testing.T) {
	traceable(t)
	shims, interpreter := programtest.Pyenv(t, pythonPath(t))
	path := script(t, "#!/usr/bin/env python3\nprint('Content-Type: text/plain\\n\\nhello')\n")
	e := explained(t, explain.Explainer{Command: command(path).With("PATH="+shims+":/usr/bin:/bin", "PYENV_DELAY=0.5")})
	f := find(t, e, explain.KindShim, "/python3")
	if by(t, f, explain.ByStarts); f.Cost == nil || *f.Cost < int64(100*time.Millisecond) {
		t.Errorf("shim = %+v, want most of 500 ms", f)
	}
	advice := "write #!" + interpreter + ": saves about "
	if !slices.ContainsFunc(e.Notes, func(n explain.Note) bool { return strings.HasPrefix(n.Advice, advice) }) {
		t.Errorf("Explain = %q, want the advice %q", e.Notes, advice)
	}
}

// The script's own cost is the rest of the time. While it sleeps, it waits without using a CPU.
func TestExplainRest(t *testing.T) {
	traceable(t)
	c := shell(t, header+"sleep 0.2")
	e := explained(t, explain.Explainer{Command: c})
	for kind, how := range map[string]string{explain.KindScript: explain.ByRest, explain.KindWait: explain.ByClock} {
		f := find(t, e, kind, "")
		if by(t, f, how); f.Cost == nil || *f.Cost < int64(100*time.Millisecond) {
			t.Errorf("%s = %+v, want most of 200 ms", kind, f)
		}
	}
}
