package workload_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"forktax/bench/subject"
	"forktax/bench/testenv"
	"forktax/workload"
	"forktax/workload/contract"
	"forktax/workload/model"
	"forktax/workload/probes"
)

// programVariable makes the test binary a workload program, which startProgram executes.
const programVariable = "TWIN_TEST_PROGRAM"

// patience is the timeout of waits for events that are certain to happen. It is long enough for a busy machine.
const patience = 30 * time.Second

var sample = probes.Workload

// The test binary is also the program under test: the model cgi executes the program that it runs in.
func TestMain(m *testing.M) {
	switch os.Getenv(workerVariable) {
	case "host":
		workload.AddModel(workerModel, model.Package{Start: startWorker})
	case "worker":
		work()
		return
	}
	if workload.IsChild() || os.Getenv(programVariable) != "" {
		workload.Main(sample)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise a child under -race would take 1 s to exit
	code := m.Run()
	if moduleDir != "" {
		os.RemoveAll(moduleDir)
	}
	os.Exit(code)
}

// models returns the names of the models in the description of the program; for a family, that of one of it.
func models(t *testing.T) []string {
	t.Helper()
	var out bytes.Buffer
	if code := workload.Run(t.Context(), sample, []string{"describe"}, nil, &out, io.Discard); code != 0 {
		t.Fatalf("Run describe = %d, want 0", code)
	}
	var d contract.Description
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	for i, name := range d.Models {
		d.Models[i] = contract.Model{Name: name}.Of(20)
	}
	return d.Models
}

// A server is a running workload program, in this process or in its own.
type server struct {
	url, admin string
	log        *testenv.Log
	client     *http.Client  // does not follow redirects, and adds only User-Agent to requests
	input      io.Closer     // closes the standard input of the server
	cancel     func()        // ends the context of Run; nil for a process
	pid        int           // 0 if it is not a process
	ended      chan struct{} // closed when it has ended
	code       int           // exit status, valid after ended is closed
}

// start serves w by Run in this process, until the test ends.
func start(t *testing.T, w workload.Workload, model string) *server {
	t.Helper()
	stdin, input := io.Pipe()
	return startReading(t, w, model, stdin, input)
}

// startReading is start with a standard input and its closer.
func startReading(t *testing.T, w workload.Workload, model string, stdin io.Reader, input io.Closer) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	output, stdout := io.Pipe()
	s := &server{log: &testenv.Log{}, input: input, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		s.code = workload.Run(ctx, w, []string{"serve", "-model", model}, stdin, stdout, s.log)
		stdout.Close()
	}()
	s.awaitReady(t, output)
	return s
}

// moduleModels are the models with WebAssembly of the probes. Building their module takes a while, so that only the
// slow tests have them.
var moduleModels []string

// allModels returns the names of the models that the workload has, also as a module.
func allModels(t *testing.T) []string { return append(models(t), moduleModels...) }

// startAny serves the workload in this process, or its module in another.
func startAny(t *testing.T, model string) *server {
	t.Helper()
	if slices.Contains(moduleModels, model) {
		return startProgram(t, model)
	}
	return start(t, sample, model)
}

// moduleDir is the directory of the module of the probes, and of the program that serves it, once they were built.
var moduleDir string

func modulePath() string { return filepath.Join(moduleDir, "probes"+contract.ModuleSuffix) }

var buildModule = sync.OnceValue(func() (err error) {
	if moduleDir, err = os.MkdirTemp("", "forktax-probes-"); err != nil {
		return err
	}
	host := exec.Command("go", slices.Concat([]string{"build"}, subject.BuildFlags(), []string{"-o", moduleDir,
		"forktax/cmd/" + contract.ModuleProgram})...)
	args, settings := subject.ModuleBuild(modulePath(), "forktax/workload/probes/module")
	module := exec.Command("go", args...)
	module.Env = append(os.Environ(), settings...)
	for _, build := range []*exec.Cmd{host, module} {
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", build, err, out)
		}
	}
	return nil
})

// startProgram executes the test binary, or the program that serves the module, as a program that serves the workload.
// Its standard input is a pipe.
func startProgram(t *testing.T, model string, env ...string) *server {
	t.Helper()
	return startProgramWith(t, model, nil, env...)
}

// startProgramWith is like startProgram, with further flags.
func startProgramWith(t *testing.T, model string, flags []string, env ...string) *server {
	t.Helper()
	path, err := os.Executable()
	env = append(env, programVariable+"=1")
	if slices.Contains(moduleModels, model) {
		err = buildModule()
		path, env = filepath.Join(moduleDir, contract.ModuleProgram), append(env, contract.EnvModule+"="+modulePath())
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"serve", "-model", model}, flags...)...)
	cmd.Env = append(os.Environ(), env...)
	s := &server{log: &testenv.Log{}, ended: make(chan struct{})}
	cmd.Stderr = s.log
	if s.input, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	s.awaitReady(t, output)
	go func() {
		defer close(s.ended)
		_ = cmd.Wait() // the exit status is in ProcessState
		s.code = cmd.ProcessState.ExitCode()
	}()
	return s
}

func (s *server) awaitReady(t *testing.T, output io.Reader) {
	t.Helper()
	line, err := bufio.NewReader(output).ReadString('\n')
	if _, scanned := fmt.Sscanf(line, "ready %s %s\n", &s.url, &s.admin); scanned != nil {
		t.Fatalf("serve printed %q (%v), want ready <url> <admin url>; log:\n%s", line, err, s.log)
	}
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: patience}
	s.client = &http.Client{
		Transport:     transport,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.input.Close()
		if code := s.wait(t); code != 0 {
			t.Errorf("serve ended with status %d, want 0; log:\n%s", code, s.log)
		}
		if s.cancel != nil {
			s.cancel()
		}
	})
}

// wait returns the exit status.
func (s *server) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-s.ended:
		return s.code
	case <-time.After(patience):
		t.Fatalf("serve did not end within %v; log:\n%s", patience, s.log)
		return -1
	}
}

// text returns the status and the body of a GET.
func (s *server) text(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := s.client.Get(url)
	if err != nil {
		t.Fatalf("%v; the server's log:\n%s", err, s.log)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading %s: %v", url, err)
	}
	return resp.StatusCode, string(body)
}

func (s *server) usage(t *testing.T) contract.Usage {
	t.Helper()
	status, body := s.text(t, s.admin+"/usage")
	var u contract.Usage
	in := json.NewDecoder(bytes.NewReader([]byte(body)))
	in.DisallowUnknownFields()
	if err := in.Decode(&u); status != http.StatusOK || err != nil {
		t.Fatalf("GET /usage = %d %q (%v), want a contract.Usage", status, body, err)
	}
	return u
}

// snapshot returns the counts of a server whose exporter prints its input.
func (s *server) snapshot(t *testing.T) (shot contract.Snapshot) {
	t.Helper()
	_, page := s.text(t, s.admin+"/metrics")
	if err := json.Unmarshal([]byte(page), &shot); err != nil {
		t.Fatalf("decoding the snapshot %q: %v", page, err)
	}
	return shot
}

// eventually waits until a condition holds, and fails the test if it does not within patience.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	if !within(patience, holds) {
		t.Fatalf("not within %v: %s", patience, what)
	}
}

func within(limit time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
