package workload_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/workload"
	"forktax/workload/contract"
	"forktax/workload/probes"
)

func TestDescribe(t *testing.T) {
	var out, log bytes.Buffer
	if code := workload.Run(t.Context(), sample, []string{"describe"}, nil, &out, &log); code != 0 || log.Len() != 0 {
		t.Fatalf("Run describe = %d, log %q, want 0 and none", code, &log)
	}
	var got contract.Description
	in := json.NewDecoder(&out)
	in.DisallowUnknownFields()
	if err := in.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := contract.Description{
		Contract: contract.Version,
		Name:     sample.Name,
		About:    sample.About,
		Models:   ownModels(),
		Requests: sample.Requests,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("describe (-want +got):\n%s", diff)
	}
}

// Invalid arguments end with status 2 and a message with the valid ones, failures with status 1.
func TestRunFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	failing := func(why string) workload.Workload {
		w := sample
		w.Prepare = func(context.Context, string) (map[string]string, error) { return nil, errors.New(why) }
		w.Open = func(context.Context) (workload.Connect, error) { return nil, errors.New(why) }
		return w
	}
	unprepared := sample
	unprepared.Setup = func(context.Context) (func() error, error) { return nil, errors.New("no ground") }

	hosting := sample
	hosting.Open = nil
	hosting.Executable = func() (workload.Executable, error) {
		return workload.Executable{}, errors.New("no such executable")
	}
	names := strings.Join(ownModels(), ", ")

	tests := map[string]struct {
		w    workload.Workload
		args []string
		code int
		want []string // parts of the message
	}{
		"no command":           {sample, nil, 2, []string{"describe", "prepare", "serve", names}},
		"an unknown command":   {sample, []string{"fly"}, 2, []string{"describe", "prepare", "serve"}},
		"an extra argument":    {sample, []string{"describe", "all"}, 2, []string{`"all"`}},
		"describe, wrong flag": {sample, []string{"describe", "-all"}, 2, []string{"-all"}},
		"prepare without -dir": {sample, []string{"prepare"}, 2, []string{"-dir"}},
		"prepare, wrong flag":  {sample, []string{"prepare", "-wet"}, 2, []string{"-wet"}},
		"prepare in a file":    {sample, []string{"prepare", "-dir", file + "/x"}, 1, []string{file}},
		"prepare fails":        {failing("no flour"), []string{"prepare", "-dir", t.TempDir()}, 1, []string{"no flour"}},
		"serve, wrong flag":    {sample, []string{"serve", "-fast"}, 2, []string{"-fast", "-model"}},
		"a limit of another host": {sample, []string{"serve", "-model", "cgi", "-queue", "3", "-child-timeout", "1s"}, 2,
			[]string{"-child-timeout has no effect in the model cgi", "use -model cgi-direct"}},
		"a limit without a host": {sample, []string{"serve", "-model", "persistent", "-queue", "3"}, 2,
			[]string{"-queue has no effect in the model persistent", "-max-header"}},
		"more workers than processes": {sample, []string{"serve", "-model", "fastcgi", "-workers", "9", "-max-children", "8"},
			2, []string{"-workers 9", "-max-children 8"}},
		"more spares than processes": {sample, []string{"serve", "-model", "pool", "-pool", "9", "-max-children", "8"}, 2,
			[]string{"-pool 9", "-max-children 8"}},
		"a limit of other workers": {sample, []string{"serve", "-model", "pool", "-workers", "3"}, 2,
			[]string{"-workers has no effect in the model pool", "use -model recycle"}},
		"no requests":        {sample, []string{"serve", "-model", "recycle:0"}, 2, []string{`"recycle:0"`, "recycle:N"}},
		"a family, no model": {sample, []string{"serve", "-model", "recycle:N"}, 2, []string{`"recycle:N"`}},
		"an unknown model":   {sample, []string{"serve", "-model", "fork"}, 2, []string{"-model", `"fork"`, names}},
		"an unsupported model": {hosting, []string{"serve", "-model", "persistent"}, 2,
			[]string{"want one of: cgi, cgi-direct\n"}},
		"no executable":    {hosting, []string{"serve", "-model", "cgi"}, 1, []string{"no such executable"}},
		"-addr is in use":  {sample, []string{"serve", "-addr", address}, 1, []string{"-addr", address}},
		"-admin is in use": {sample, []string{"serve", "-admin", address}, 1, []string{"-admin", address}},
		"-addr is invalid": {sample, []string{"serve", "-addr", "nowhere"}, 1, []string{"-addr", "nowhere"}},
		"Open fails":       {failing("no key"), []string{"serve", "-model", "persistent"}, 1, []string{"no key"}},
		"Setup fails":      {unprepared, []string{"serve", "-model", "cgi"}, 1, []string{"no ground"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out, log bytes.Buffer
			code := workload.Run(t.Context(), test.w, test.args, nil, &out, &log)
			if code != test.code {
				t.Errorf("Run(%q) = %d, want %d", test.args, code, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("Run(%q) prints %q, want %q in it", test.args, &log, want)
				}
			}
			if out.Len() != 0 {
				t.Errorf("Run(%q) prints %q on standard output, want nothing", test.args, &out)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var out, log bytes.Buffer
	if code := workload.Run(t.Context(), sample, []string{"serve", "-h"}, nil, &out, &log); code != 0 {
		t.Errorf("Run serve -h = %d, want 0", code)
	}
	if !strings.Contains(log.String(), "-model") {
		t.Errorf("Run serve -h prints %q, want its flags", &log)
	}
}

func TestPrepare(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	w := sample
	w.Prepare = func(_ context.Context, dir string) (map[string]string, error) {
		file := filepath.Join(dir, "data")
		return map[string]string{"PROBE_DATA": file}, os.WriteFile(file, []byte("data"), 0o600)
	}
	var out, log bytes.Buffer
	if code := workload.Run(t.Context(), w, []string{"prepare", "-dir", "new/dir"}, nil, &out, &log); code != 0 {
		t.Fatalf("Run prepare = %d, want 0; it prints %q", code, &log)
	}
	got := decoded(t, out.Bytes())
	want := map[string]string{"PROBE_DATA": filepath.Join(here, "new", "dir", "data")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("prepare -dir new/dir (-want +got):\n%s", diff)
	}
	if data, err := os.ReadFile(want["PROBE_DATA"]); string(data) != "data" {
		t.Errorf("content of the data = %q, %v; want data", data, err)
	}

	out.Reset()
	if code := workload.Run(t.Context(), sample, []string{"prepare", "-dir", "new/dir"}, nil, &out, &log); code != 0 {
		t.Errorf("Run prepare = %d without a Prepare function, want 0", code)
	}
	if got := decoded(t, out.Bytes()); got == nil || len(got) != 0 {
		t.Errorf("prepare without a Prepare function prints %q, want an empty object", &out)
	}
}

func decoded(t *testing.T, object []byte) (env map[string]string) {
	t.Helper()
	if err := json.Unmarshal(object, &env); err != nil {
		t.Fatalf("decoding %q: %v", object, err)
	}
	return env
}

// A child that cannot open the workload responds with status 500. The reason is logged, but not sent to the client.
func TestOpenFailsInChild(t *testing.T) {
	s := startProgram(t, "cgi", probes.BrokenVariable+"=the key is missing")
	status, body := s.text(t, s.url)
	if status != http.StatusInternalServerError || strings.Contains(body, "key") {
		t.Errorf("GET / = %d %q, want 500 and no reason", status, body)
	}
	eventually(t, "the log has the reason", func() bool { return strings.Contains(s.log.String(), "the key is missing") })
}

func TestHealthz(t *testing.T) {
	s := start(t, sample, "persistent")
	if status, body := s.text(t, s.admin+"/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("GET /healthz = %d %q, want 200 ok", status, body)
	}
	if status, _ := s.text(t, s.url+"/healthz"); status != http.StatusNotFound {
		t.Errorf("GET /healthz on the workload's address = %d, want 404", status)
	}
}

// A workload with an Executable executes that for each request, in its own directory, and has only the model cgi.
func TestExecutable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	syscall.ForkLock.RLock() // otherwise a child of another goroutine can inherit the open file (ETXTBSY)
	const text = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s %s' \"$PROBE_GIVEN\" \"$PWD\"\n"
	err := os.WriteFile(path, []byte(text), 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	w := sample
	w.Open, w.Executable = nil, func() (workload.Executable, error) { return workload.Executable{Path: path}, nil }
	var out bytes.Buffer
	if code := workload.Run(t.Context(), w, []string{"describe"}, nil, &out, io.Discard); code != 0 {
		t.Fatalf("Run describe = %d, want 0", code)
	}
	var d contract.Description
	if err := json.Unmarshal(out.Bytes(), &d); err != nil || !slices.Equal(d.Models, []string{"cgi", "cgi-direct"}) {
		t.Errorf("models = %q (%v), want cgi, cgi-direct", d.Models, err)
	}
	t.Setenv(probes.GivenVariable, "as given")
	s := start(t, w, "cgi")
	if status, body := s.text(t, s.url); status != http.StatusOK || body != "as given "+filepath.Dir(path) {
		t.Errorf("GET / = %d %q, want the output of %s in its directory", status, body, path)
	}
	if got := s.usage(t).ProcessesStarted; got != 1 {
		t.Errorf("%d processes were started for one request, want 1", got)
	}
}

// A child inherits from its host only the variables that the workload names and those that control Go's runtime.
func TestChildEnvironment(t *testing.T) {
	t.Setenv(probes.GivenVariable, "as given")
	t.Setenv("PROBE_SECRET", "not for children")
	t.Setenv("GOGC", "150")
	t.Setenv("TZ", "Europe/Vienna")
	s := start(t, sample, "cgi")
	_, body := s.text(t, s.url+"/environment")
	got := strings.Split(body, "\n")
	path := "PATH=" + os.Getenv("PATH")
	for _, want := range []string{probes.GivenVariable + "=as given", "GOGC=150", "TZ=Europe/Vienna", path} {
		if !slices.Contains(got, want) {
			t.Errorf("a child lacks %s", want)
		}
	}
	shared := append([]string{"PATH", "LD_LIBRARY_PATH", "TZ", "GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT",
		"GOTRACEBACK"}, sample.Env...)
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); slices.Contains(got, variable) && !slices.Contains(shared, name) {
			t.Errorf("a child has %s of its host, which the workload does not name", variable)
		}
	}
}

// A child has the working directory of its host, so that relative paths mean the same under all models.
func TestChildDir(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range models(t) {
		s := start(t, sample, model)
		if _, got := s.text(t, s.url+"/dir"); got != fmt.Sprint(here, nil) {
			t.Errorf("model %s: working directory %s, want %s", model, got, here)
		}
	}
}

// A header that is too large is refused with the same status by all models.
func TestHeaderLimit(t *testing.T) {
	for _, model := range models(t) {
		t.Run(model, func(t *testing.T) {
			s := start(t, sample, model)
			for size, want := range map[int]int{1000: http.StatusOK, 80_000: http.StatusRequestHeaderFieldsTooLarge} {
				req, err := http.NewRequest(http.MethodGet, s.url+"/dir", nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("X-Long", strings.Repeat("x", size))
				resp, err := s.client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != want {
					t.Errorf("header of %d bytes: status %d, want %d", size, resp.StatusCode, want)
				}
			}
		})
	}
}

// The admin listener is not reachable from other machines.
func TestAdminIsLocal(t *testing.T) {
	var stderr bytes.Buffer
	code := workload.Run(t.Context(), sample, []string{"serve", "-admin", "0.0.0.0:0"}, nil, io.Discard, &stderr)
	if code != 2 || !strings.Contains(stderr.String(), "must be a loopback address") {
		t.Errorf("serve -admin 0.0.0.0:0: status %d, message %q; want 2", code, &stderr)
	}
}
