package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/subject/programtest"
	"forktax/cgi"
	"forktax/workload"
	"forktax/workload/contract"
)

// The test binary is also the program.
func TestMain(m *testing.M) {
	if workload.IsChild() {
		workload.Main(floor)
	}
	os.Exit(m.Run())
}

// Executed as a CGI program, the program fails: its children are the file that it prepares.
func TestIsNoChild(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=GET")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "does not handle CGI requests itself") {
		t.Errorf("as a CGI program it prints %q (%v), want status 1 and the reason", out, err)
	}
}

// prepared returns the path of the prepared executable.
func prepared(t *testing.T) string {
	t.Helper()
	if _, ok := architectures[runtime.GOOS+"/"+runtime.GOARCH]; !ok {
		t.Skipf("the smallest program does not support %s on %s", runtime.GOOS, runtime.GOARCH)
	}
	env, err := prepare(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return env[executableVariable]
}

// The executable prints the response and exits with status 0. Preparing it again gives the same bytes.
func TestPrepare(t *testing.T) {
	path := prepared(t)
	out, err := exec.Command(path).CombinedOutput()
	if string(out) != response || err != nil {
		t.Errorf("%s prints %q, %v; want %q", path, out, err, response)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if _, err := prepare(t.Context(), dir); err != nil {
		t.Errorf("preparing again in the same directory: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the second prepare writes different bytes (%v)", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("prepare leaves %v (%v), want one file", left, err)
	}
}

func TestPrepareFails(t *testing.T) {
	if _, err := prepare(t.Context(), filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("prepare in a missing directory = nil, want an error")
	}
}

func TestExecutable(t *testing.T) {
	t.Setenv(executableVariable, "")
	if path, err := executable(); err == nil {
		t.Errorf("executable() = %+v without %s, want an error", path, executableVariable)
	}
	t.Setenv(executableVariable, "/some/file")
	if path, err := executable(); path.Path != "/some/file" || err != nil {
		t.Errorf("executable() = %+v, %v, want /some/file", path, err)
	}
}

// The program has the model cgi only: the executable cannot serve several requests.
func TestDescribe(t *testing.T) {
	var out bytes.Buffer
	if code := workload.Run(t.Context(), floor, []string{"describe"}, nil, &out, io.Discard); code != 0 {
		t.Fatalf("describe: status %d, want 0", code)
	}
	var d contract.Description
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	want := contract.Description{Contract: contract.Version, Name: "floor", About: floor.About,
		Models:   []string{"cgi", "cgi-direct"},
		Requests: floor.Requests}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("describe (-want +got):\n%s", diff)
	}
}

// Under the same host, hello and floor have the same response.
func TestSameResponseAsHello(t *testing.T) {
	floor := prepared(t)
	hello := filepath.Join(programtest.Build(t, "forktax-hello"), "forktax-hello")
	want, got := hosted(t, hello), hosted(t, floor)
	if want.Body != "hello\n" {
		t.Fatalf("response of hello = %+v, want the body hello", want)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("floor and hello (-hello +floor):\n%s", diff)
	}
}

// A reply is a response as a client sees it, without the date.
type reply struct {
	Status int
	Proto  string
	Header http.Header
	Length int64
	Body   string
}

func hosted(t *testing.T, path string) reply {
	t.Helper()
	s := httptest.NewServer(&cgi.Host{Path: path})
	defer s.Close()
	resp, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Header.Del("Date")
	return reply{resp.StatusCode, resp.Proto, resp.Header, resp.ContentLength, string(body)}
}
