package subject_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

func TestDescribe(t *testing.T) {
	path := script(t, `[ "$*" = describe ] && [ -z "$GATEWAY_INTERFACE" ] && echo '`+description+`'`)
	t.Setenv("GATEWAY_INTERFACE", "CGI/1.1") // else a program would take itself for a CGI child
	got, err := subject.Describe(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	want := subject.Program{Path: path, Description: contract.Description{Contract: 1, Name: "fake",
		Models: []string{"one", "two"}, Requests: []contract.Request{{Name: "r", Method: "GET", Path: "/"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Describe (-want +got):\n%s", diff)
	}
	if !got.HasModel("two") || got.HasModel("three") {
		t.Errorf("HasModel(two) = %t, HasModel(three) = %t, want true, false", got.HasModel("two"), got.HasModel("three"))
	}
}

// What takes the question for a request leaves its files where a host would have it leave them.
func TestDescribeRunsWhereAHostWould(t *testing.T) {
	t.Chdir(t.TempDir())
	path := script(t, "echo >left")
	if _, err := subject.Describe(t.Context(), path); err == nil {
		t.Error("Describe = nil, want an error")
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "left")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat("left"); err == nil {
		t.Error("it left a file in our folder")
	}
}

func TestDescribeTellsWhatIsWrong(t *testing.T) {
	print := func(format string, args ...any) string { return "echo '" + fmt.Sprintf(format, args...) + "'" }
	const requests = `"requests":[{"name":"r","method":"GET","path":"/"}]`
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"it fails": {"echo one >&2; echo two >&2; exit 3", []string{
			"program describe: exit status 3:\n  one\n  two"}},
		"it fails silently": {"exit 1", []string{"program describe: exit status 1"}},
		"it is killed":      {"kill -9 $$", []string{"signal: killed"}},
		"it prints nothing": {"", []string{"program describe: not the JSON of the program contract: unexpected end"}},
		"it prints garbage": {"echo hello",
			[]string{"program describe: not the JSON of the program contract: invalid character"}},
		"it prints another": {print("[]"), []string{"not the JSON of the program contract: it is a list, not an object"}},
		"it prints more": {print("%s {}", description),
			[]string{"not the JSON of the program contract: invalid character"}},
		"it speaks no contract": {print(`{"name":"fake",%s}`, requests),
			[]string{"describe: contract 0 is unknown; this forktax speaks 1"}},
		"it speaks another": {print(`{"contract":2,"name":"fake",%s}`, requests), []string{"contract 2 is unknown"}},
		"it has no name":    {print(`{"contract":1,%s}`, requests), []string{"it has no name"}},
		"its name is blank": {print(`{"contract":1,"name":"  ",%s}`, requests), []string{"it has no name"}},
		"its name is a path": {print(`{"contract":1,"name":"a/b",%s}`, requests),
			[]string{`it has the name "a/b": one without a / is needed`}},
		"a model is a path": {print(`{"contract":1,"name":"fake","models":["one","../two"],%s}`, requests),
			[]string{`model 1 has the name "../two": one without a / is needed`}},
		"a model is blank": {print(`{"contract":1,"name":"fake","models":[""],%s}`, requests),
			[]string{"model 0 has no name"}},
		"it has no requests": {print(`{"contract":1,"name":"fake"}`), []string{"it has no requests"}},
		"a request has no name": {print(`{"contract":1,"name":"fake","requests":[{"method":"GET","path":"/"}]}`),
			[]string{"request 0 has no name"}},
		"a request's name is blank": {print(`{"contract":1,"name":"fake",
			"requests":[{"name":"  ","method":"GET","path":"/"}]}`), []string{"request 0 has no name"}},
		"a request's name is a path": {print(`{"contract":1,"name":"fake",
			"requests":[{"name":"a/b","method":"GET","path":"/"}]}`),
			[]string{`request 0 has the name "a/b": one without a / is needed`}},
		"a request has no method": {print(`{"contract":1,"name":"fake","requests":[{"name":"r","path":"/"}]}`),
			[]string{`request 0 ("r"): it needs`}},
		"a path is relative": {print(`{"contract":1,"name":"fake","requests":[{"name":"r","method":"GET","path":"x"}]}`),
			[]string{`request 0 ("r"): it needs`}},
		"two requests have one name": {print(`{"contract":1,"name":"fake","requests":[{"name":"r","method":"GET","path":"/"},
			{"name":"s","method":"GET","path":"/"},{"name":"r","method":"GET","path":"/2"}]}`),
			[]string{`two requests are called "r"`}},
		"it prints for ever": {"yes",
			[]string{"program describe: it printed more than 1048576 bytes, and was killed"}},
		"it prints too much, and ends": {"head -c 1048577 /dev/zero",
			[]string{"describe: it printed more than 1048576 bytes"}},
		"it complains for ever": {"seq 1 100000 >&2; exit 1",
			[]string{"describe: exit status 1:\n  9", "\n  99999\n  100000"}},
		"it leaves a child that holds its output": {print("%s", description) + "; sleep 1000 & ", []string{"describe: "}},
	} {
		t.Run(name, func(t *testing.T) {
			path := script(t, test.text)
			_, err := subject.Describe(t.Context(), path)
			fails(t, "Describe", err, append(test.want, filepath.Dir(path))...)
		})
	}
}

func TestDescribeWhatCannotBeExecuted(t *testing.T) {
	path := script(t, "")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := subject.Describe(t.Context(), path)
	fails(t, "Describe of a file that is not executable", err, path+" describe: ", "permission denied")
	_, err = subject.Describe(t.Context(), path+"2")
	fails(t, "Describe of no file", err, path+"2 describe: ", "no such file")
	_, err = subject.Describe(t.Context(), filepath.Dir(path))
	fails(t, "Describe of a folder", err, "describe: ")
}

func TestDescribeEndsWithItsContext(t *testing.T) {
	begun, alive := filepath.Join(t.TempDir(), "begun"), filepath.Join(t.TempDir(), "alive")
	path := script(t, "exec 9> "+alive+"; echo > "+begun+"; sleep 1000") // sh waits for sleep, which holds the output
	fifo(t, begun)
	fifo(t, alive)
	left := make(chan string, 1)
	go func() {
		b, _ := os.ReadFile(alive)
		left <- string(b)
	}()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := subject.Describe(ctx, path)
		ended <- err
	}()
	readAll(t, begun)
	cancel()
	fails(t, "Describe", within(t, "the end of Describe", ended), "describe: context canceled")
	within(t, "the end of all that it started", left)
}

// A program that does not end is ended, whatever it ignores, and with it what it started.
func TestOutputTakesItsTime(t *testing.T) {
	alive := filepath.Join(t.TempDir(), "alive")
	fifo(t, alive)
	path := script(t, "exec 9<> "+alive+"; trap '' TERM; sleep 1000 > /dev/null & sleep 1000")
	_, err := subject.RunProgram(t.Context(), 200*time.Millisecond, path, "", nil, "describe")
	fails(t, "Output", err, path+" describe: it did not end within 200ms, and was killed")
	f, err := os.OpenFile(alive, os.O_RDONLY|syscall.O_NONBLOCK, 0) // is at its end if nobody holds it
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := io.ReadAll(f)
		ended <- err
	}()
	if err := within(t, "the end of all that it started", ended); err != nil {
		t.Error(err)
	}
}

// What is printed may be as much as there is room for.
func TestOutputTakesALot(t *testing.T) {
	out, err := subject.RunProgram(t.Context(), patience, script(t, "head -c 1048576 /dev/zero"), "", nil, "describe")
	if len(out) != 1<<20 || err != nil {
		t.Errorf("Output is %d bytes, %v, want %d", len(out), err, 1<<20)
	}
}

func TestPrepare(t *testing.T) {
	check := func(text string, want map[string]string, wrong ...string) {
		t.Helper()
		p := subject.Program{Path: script(t, text)}
		got, err := p.Prepare(t.Context(), "/the/folder", "")
		if wrong != nil {
			fails(t, "Prepare", err, append(wrong, p.Path)...)
			return
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Prepare = %v (-want +got):\n%s", err, diff)
		}
	}
	check(`echo "{\"ARGS\":\"$*\"}"`, map[string]string{"ARGS": "prepare -dir /the/folder"})
	check("echo '{}'", map[string]string{})
	check("echo no disk >&2; exit 1", nil, "prepare: exit status 1: no disk")
	check("echo A=1", nil, "prepare: not a JSON object of environment variables: invalid character")
	check(`echo '{"A":1}'`, nil, "prepare: not a JSON object of environment variables: a value in it is a number, not a string")
	check("", nil, "prepare: not a JSON object")

	p := subject.Program{Path: script(t, `echo "{\"URL\":\"$FORKTAX_DATABASE\"}"`)}
	got, err := p.Prepare(t.Context(), "/the/folder", "postgres://u@h/d")
	if err != nil || got["URL"] != "postgres://u@h/d" {
		t.Errorf("Prepare = %v, %v, want that it is told the URL", got, err)
	}
}

func TestDescribeHello(t *testing.T) {
	p, err := subject.Describe(t.Context(), hello(t))
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "hello" || !p.HasModel("cgi") || !p.HasModel(plan.Baseline) || len(p.Requests) != 1 {
		t.Errorf("Describe = %+v", p)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if env, err := p.Prepare(t.Context(), dir, ""); err != nil || len(env) > 0 {
		t.Errorf("Prepare = %v, %v, want nothing", env, err)
	}
	_, err = p.Prepare(t.Context(), "", "")
	fails(t, "Prepare without a folder", err, "exit status 2", "-dir is missing")
	if !strings.HasSuffix(p.Path, "hello") {
		t.Errorf("Path = %q", p.Path)
	}
}
