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
	t.Setenv("GATEWAY_INTERFACE", "CGI/1.1") // must not be passed on: a program would act as a CGI child
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

// A program that treats describe as a request leaves its files where it would under a CGI host.
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
		t.Error("the program left a file in the current directory")
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
		"it prints nothing": {"", []string{
			"program describe: the output is not the JSON of the program contract: unexpected end"}},
		"it prints garbage": {"echo hello",
			[]string{"program describe: the output is not the JSON of the program contract: invalid character"}},
		"it prints another": {print("[]"), []string{"not the JSON of the program contract: it is a list, not an object"}},
		"it prints more": {print("%s {}", description),
			[]string{"not the JSON of the program contract: invalid character"}},
		"it has no contract version": {print(`{"name":"fake",%s}`, requests),
			[]string{"describe: contract version 0 is not supported: this forktax supports version 1"}},
		"it has another version": {print(`{"contract":2,"name":"fake",%s}`, requests),
			[]string{"contract version 2 is not supported"}},
		"it has no name":    {print(`{"contract":1,%s}`, requests), []string{"the program has no name"}},
		"its name is blank": {print(`{"contract":1,"name":"  ",%s}`, requests), []string{"the program has no name"}},
		"its name is a path": {print(`{"contract":1,"name":"a/b",%s}`, requests),
			[]string{`the program has the name "a/b": must not contain /`}},
		"a model is a path": {print(`{"contract":1,"name":"fake","models":["one","../two"],%s}`, requests),
			[]string{`model 1 has the name "../two": must not contain /`}},
		"a model is blank": {print(`{"contract":1,"name":"fake","models":[""],%s}`, requests),
			[]string{"model 0 has no name"}},
		"it has no requests": {print(`{"contract":1,"name":"fake"}`), []string{"requests: must have at least one"}},
		"a request has no name": {print(`{"contract":1,"name":"fake","requests":[{"method":"GET","path":"/"}]}`),
			[]string{"request 0 has no name"}},
		"a request's name is blank": {print(`{"contract":1,"name":"fake",
			"requests":[{"name":"  ","method":"GET","path":"/"}]}`), []string{"request 0 has no name"}},
		"a request's name is a path": {print(`{"contract":1,"name":"fake",
			"requests":[{"name":"a/b","method":"GET","path":"/"}]}`),
			[]string{`request 0 has the name "a/b": must not contain /`}},
		"a request has no method": {print(`{"contract":1,"name":"fake","requests":[{"name":"r","path":"/"}]}`),
			[]string{`request 0 ("r"): must have`}},
		"a path is relative": {print(`{"contract":1,"name":"fake","requests":[{"name":"r","method":"GET","path":"x"}]}`),
			[]string{`request 0 ("r"): must have`}},
		"two requests have the same name": {print(`{"contract":1,"name":"fake","requests":[
			{"name":"r","method":"GET","path":"/"},
			{"name":"s","method":"GET","path":"/"},{"name":"r","method":"GET","path":"/2"}]}`),
			[]string{`request 2: duplicate name "r"`}},
		"it prints without end": {"yes",
			[]string{"program describe: printed more than 1048576 bytes and was killed"}},
		"it prints too much, and ends": {"head -c 1048577 /dev/zero",
			[]string{"describe: printed more than 1048576 bytes"}},
		"it logs a lot": {"seq 1 100000 >&2; exit 1",
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
	fails(t, "Describe of a directory", err, "describe: ")
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
	within(t, "the end of its descendants", left)
}

// A program that does not end is killed with its descendants, whatever signals it ignores.
func TestOutputTakesItsTime(t *testing.T) {
	alive := filepath.Join(t.TempDir(), "alive")
	fifo(t, alive)
	path := script(t, "exec 9<> "+alive+"; trap '' TERM; sleep 1000 > /dev/null & sleep 1000")
	_, err := subject.RunProgram(t.Context(), 200*time.Millisecond, path, "", nil, "describe")
	fails(t, "Output", err, path+" describe: did not end within 0.2 s and was killed")
	f, err := os.OpenFile(alive, os.O_RDONLY|syscall.O_NONBLOCK, 0) // at its end if no process holds it
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := io.ReadAll(f)
		ended <- err
	}()
	if err := within(t, "the end of its descendants", ended); err != nil {
		t.Error(err)
	}
}

// A program may print exactly the largest accepted output.
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
		got, err := p.Prepare(t.Context(), "/the/directory", "")
		if wrong != nil {
			fails(t, "Prepare", err, append(wrong, p.Path)...)
			return
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Prepare = %v (-want +got):\n%s", err, diff)
		}
	}
	check(`echo "{\"ARGS\":\"$*\"}"`, map[string]string{"ARGS": "prepare -dir /the/directory"})
	check("echo '{}'", map[string]string{})
	check("echo no disk >&2; exit 1", nil, "prepare: exit status 1: no disk")
	const notJSON = "prepare: the output is not a JSON object of environment variables: "
	check("echo A=1", nil, notJSON+"invalid character")
	check(`echo '{"A":1}'`, nil, notJSON+"a value in it is a number, not a string")
	check("", nil, notJSON)

	p := subject.Program{Path: script(t, `echo "{\"URL\":\"$FORKTAX_DATABASE\"}"`)}
	got, err := p.Prepare(t.Context(), "/the/directory", "postgres://u@h/d")
	if err != nil || got["URL"] != "postgres://u@h/d" {
		t.Errorf("Prepare = %v, %v, want that the program gets the URL", got, err)
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
	fails(t, "Prepare without a directory", err, "exit status 2", "-dir is missing")
	if !strings.HasSuffix(p.Path, "hello") {
		t.Errorf("Path = %q", p.Path)
	}
}
