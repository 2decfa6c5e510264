package suite_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"forktax/bench/scenario"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/bench/suite"
	"forktax/workload/contract"
)

// beside returns a finder of programs that are built for the test.
func beside(t *testing.T, names ...string) *subject.Finder {
	t.Helper()
	return &subject.Finder{Dirs: []string{programtest.Build(t, names...)}, Log: io.Discard}
}

// loaded returns a suite of this project.
func loaded(t *testing.T, name string) suite.Suite {
	t.Helper()
	flags, names := someFlags()
	s, _, err := suite.Open(name, flags, names)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

// someFlags returns the flags that the suites of this project set.
func someFlags() (*pflag.FlagSet, scenario.Names) {
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	for name := range strings.FieldsSeq("baseline budget block clients rate arrivals starts phases warm-up") {
		flags.String(name, "", "")
	}
	flags.StringSlice("ignore-header", nil, "")
	same := func(name string) string { return name }
	return flags, scenario.Names{Flag: same, Option: same}
}

// parsed returns the suite of a file with this text.
func parsed(t *testing.T, name string, text []byte) suite.Suite {
	t.Helper()
	flags, names := someFlags()
	file, err := scenario.Parse(name+".yaml", text, flags, names)
	if err != nil {
		t.Fatal(err)
	}
	return suite.Suite{Name: name, Suite: *file.Suite}
}

// Every suite of this project can be read, and its description is what lists show.
func TestSuitesOfTheProject(t *testing.T) {
	for _, name := range suite.Names() {
		s := loaded(t, name)
		if s.About == "" || strings.Trim(suite.About(name), `"`) != s.About {
			t.Errorf("%s: About = %q, want the key about on one line: %q", name, suite.About(name), s.About)
		}
		for _, c := range s.Contenders {
			if c.Title == "" && c.Server == "" && (c.Model == "" || c.Module != "") {
				t.Errorf("%s: %s has no title", c.At, c.Name)
			}
		}
	}
	if len(suite.Names()) < 7 {
		t.Errorf("suites are %q", suite.Names())
	}
}

// The suite continuum has each model of a Go program.
func TestContinuumHasAllModels(t *testing.T) {
	s := loaded(t, "continuum")
	for _, m := range contract.Models {
		isOne := func(c scenario.Contender) bool { return contract.FamilyOf(c.Model) == m.Name }
		if !slices.ContainsFunc(s.Contenders, isOne) {
			t.Errorf("the suite has no contender of the model %s", m.Name)
		}
	}
}

// A contender that needs what is missing is left out, with what installs it; one that cannot be prepared is reported
// with its place; the others are there. A group without its baseline is left out.
func TestPrepare(t *testing.T) {
	finder := beside(t, "forktax-hello", "forktax-cgi", "forktax-wasm")
	const text = `
groups:
  hello: {workload: hello}
  own: {requests: [/a], prepare: "echo 1 >made"}
  lost: {needs: [no-such-program], packages: nothing}
contenders:
  - {group: hello, name: first, model: cgi, version: "echo; echo first 1.0; echo more"}
  - {group: hello, name: left out, cgi: ./x, needs: ["{dir}/none"], install: "fetch none into {dir}"}
  - {group: hello, name: broken, cgi: "{dir}/x", prepare: "echo wrong; exit 3"}
  - {group: hello, name: gone, cgi: ./gone}
  - {group: hello, name: no module, module: ./gone.wasm}
  - {group: own, name: first, cgi: cat, args: ["{dir}/made"]}
  - {group: own, name: other, command: "serve {port}", root: /other/}
  - {group: lost, name: first, cgi: cat}
  - {group: lost, name: second, cgi: cat}
`
	dir := t.TempDir()
	p, err := parsed(t, "test", []byte(text)).Prepare(t.Context(), finder, dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range p.Contenders {
		names = append(names, c.Workload+" "+c.Name)
	}
	if want := []string{"hello first", "own first", "own other"}; !slices.Equal(names, want) {
		t.Errorf("contenders are %q, want %q", names, want)
	}
	made := filepath.Join(dir, "work", "1", "made")
	if _, err := os.Stat(made); err != nil {
		t.Errorf("the command of the group: %v", err)
	}
	missing := errors.Join(p.Missing...).Error()
	if want := "test.yaml:5:3: lost: no-such-program is not installed (Debian: apt-get install nothing)\n" +
		"test.yaml:8:6: hello, left out: " + dir + "/work/0/none is not installed (fetch none into " + dir +
		"/work/0)"; missing != want {
		t.Errorf("missing are\n%s\nwant\n%s", missing, want)
	}
	if got := p.Versions["hello, first"]; got != "first 1.0" || len(p.Versions) != 1 {
		t.Errorf("Versions = %v", p.Versions)
	}
	var failed []string
	for _, f := range p.Failed {
		failed = append(failed, f.String())
	}
	all := strings.Join(failed, "\n")
	for _, want := range []string{"test.yaml:9:6: hello, broken: preparing hello, broken: exit status 3: wrong",
		"test.yaml:10:6: hello, gone: the CGI program: stat ",
		"test.yaml:11:6: hello, no module: the WebAssembly module: stat "} {
		if !strings.Contains(all, want) {
			t.Errorf("failed are\n%s\nwithout %s", all, want)
		}
	}
	if len(p.Failed) != 3 || len(p.Lessons) != 1 || p.Lessons[0].Group != "own" {
		t.Errorf("failed: %q, to learn: %+v", failed, p.Lessons)
	}
}

// If nothing can be measured, the error has the reasons.
func TestPrepareNothing(t *testing.T) {
	finder := beside(t, "forktax-hello", "forktax-cgi")
	const text = `
contenders:
  - {group: g, name: a, cgi: cat, needs: [no-such-program], packages: nothing}
  - {group: h, name: a, cgi: cat, needs: [no-such-program], packages: nothing}
`
	_, err := parsed(t, "test", []byte(text)).Prepare(t.Context(), finder, t.TempDir())
	const want = "no contender of the suite test can be measured: test.yaml:3:6: g, a; h, a: no-such-program is not " +
		"installed (Debian: apt-get install nothing); the group g has no baseline, so it is left out; the group h has no " +
		"baseline, so it is left out"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Prepare = %v, want %s", err, want)
	}
}

// What does not exist in any version is wrong usage, before anything is prepared.
func TestMistakes(t *testing.T) {
	finder := beside(t, "forktax-hello", "forktax-cgi")
	cases, err := os.ReadFile("testdata/mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for one := range strings.SplitSeq(strings.TrimSpace(string(cases)), "\n\n") {
		text, want, _ := strings.Cut(one, "\n=> ")
		_, err := parsed(t, "test", []byte(text)).Prepare(t.Context(), finder, t.TempDir())
		if usage := new(subject.UsageError); !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}
