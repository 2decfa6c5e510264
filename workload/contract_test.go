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
		Models:   contract.ModelNames(),
		Requests: sample.Requests,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("describe (-want +got):\n%s", diff)
	}
}

// What a caller does wrong ends with status 2 and a text that says what would be right; what fails, with status 1.
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
	holding := sample
	holding.Setup = func(context.Context) (func() error, error) { return nil, errors.New("nothing to hold on to") }

	elsewhere := sample
	elsewhere.Open = nil
	elsewhere.Executable = func() (workload.Executable, error) {
		return workload.Executable{}, errors.New("nowhere to be found")
	}

	tests := map[string]struct {
		w    workload.Workload
		args []string
		code int
		says []string
	}{
		"no command":           {sample, nil, 2, []string{"describe", "prepare", "serve", strings.Join(contract.ModelNames(), ", ")}},
		"an unknown command":   {sample, []string{"fly"}, 2, []string{"describe", "prepare", "serve"}},
		"an argument too many": {sample, []string{"describe", "all"}, 2, []string{`"all"`}},
		"describe, a flag":     {sample, []string{"describe", "-all"}, 2, []string{"-all"}},
		"prepare without -dir": {sample, []string{"prepare"}, 2, []string{"-dir"}},
		"prepare, a flag":      {sample, []string{"prepare", "-wet"}, 2, []string{"-wet"}},
		"prepare in a file":    {sample, []string{"prepare", "-dir", file + "/x"}, 1, []string{file}},
		"prepare fails":        {failing("no flour"), []string{"prepare", "-dir", t.TempDir()}, 1, []string{"no flour"}},
		"serve, a flag":        {sample, []string{"serve", "-fast"}, 2, []string{"-fast", "-model"}},
		"an unknown model":     {sample, []string{"serve", "-model", "fork"}, 2, []string{"-model", `"fork"`, strings.Join(contract.ModelNames(), ", ")}},
		"a model it has not":   {elsewhere, []string{"serve", "-model", "persistent"}, 2, []string{"there are cgi\n"}},
		"no executable":        {elsewhere, []string{"serve", "-model", "cgi"}, 1, []string{"nowhere to be found"}},
		"-addr is taken":       {sample, []string{"serve", "-addr", address}, 1, []string{"-addr", address}},
		"-admin is taken":      {sample, []string{"serve", "-admin", address}, 1, []string{"-admin", address}},
		"-addr is no address":  {sample, []string{"serve", "-addr", "nowhere"}, 1, []string{"-addr", "nowhere"}},
		"Open fails":           {failing("no key"), []string{"serve", "-model", "persistent"}, 1, []string{"no key"}},
		"Hold fails":           {holding, []string{"serve", "-model", "cgi"}, 1, []string{"nothing to hold on to"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out, log bytes.Buffer
			code := workload.Run(t.Context(), test.w, test.args, nil, &out, &log)
			if code != test.code {
				t.Errorf("Run(%q) = %d, want %d", test.args, code, test.code)
			}
			for _, say := range test.says {
				if !strings.Contains(log.String(), say) {
					t.Errorf("Run(%q) says %q, want %q in it", test.args, &log, say)
				}
			}
			if out.Len() != 0 {
				t.Errorf("Run(%q) prints %q to the standard output, want nothing", test.args, &out)
			}
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	var out, log bytes.Buffer
	if code := workload.Run(t.Context(), sample, []string{"serve", "-h"}, nil, &out, &log); code != 0 {
		t.Errorf("Run serve -h = %d, want 0", code)
	}
	if !strings.Contains(log.String(), "-model") {
		t.Errorf("Run serve -h says %q, want its flags", &log)
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
	if code := workload.Run(t.Context(), w, []string{"prepare", "-dir", "new/folder"}, nil, &out, &log); code != 0 {
		t.Fatalf("Run prepare = %d, want 0; it says %q", code, &log)
	}
	got := decoded(t, out.Bytes())
	want := map[string]string{"PROBE_DATA": filepath.Join(here, "new", "folder", "data")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("prepare -dir new/folder (-want +got):\n%s", diff)
	}
	if data, err := os.ReadFile(want["PROBE_DATA"]); string(data) != "data" {
		t.Errorf("the data = %q, %v", data, err)
	}

	out.Reset()
	if code := workload.Run(t.Context(), sample, []string{"prepare", "-dir", "new/folder"}, nil, &out, &log); code != 0 {
		t.Errorf("Run prepare = %d without anything to prepare, want 0", code)
	}
	if got := decoded(t, out.Bytes()); got == nil || len(got) != 0 {
		t.Errorf("prepare without anything to prepare prints %q, want an empty object", &out)
	}
}

func decoded(t *testing.T, object []byte) (env map[string]string) {
	t.Helper()
	if err := json.Unmarshal(object, &env); err != nil {
		t.Fatalf("decoding %q: %v", object, err)
	}
	return env
}

// A child that cannot open the workload answers 500. Why is for the log, and not for the client.
func TestOpenFailsInChild(t *testing.T) {
	s := startProgram(t, "cgi", brokenVariable+"=the key is missing")
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
		t.Errorf("GET /healthz of the workload = %d, want 404: the addresses are not shared", status)
	}
}

// Another file may answer in the place of the program's own. It is executed in the same way, but in its own folder, and
// there is one model.
func TestExecutable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	syscall.ForkLock.RLock() // a child of another goroutine would hold the file open for writing
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
	if err := json.Unmarshal(out.Bytes(), &d); err != nil || !slices.Equal(d.Models, []string{"cgi"}) {
		t.Errorf("its models are %q (%v), want cgi", d.Models, err)
	}
	t.Setenv(givenVariable, "as given")
	s := start(t, w, "cgi")
	if status, body := s.text(t, s.url); status != http.StatusOK || body != "as given "+filepath.Dir(path) {
		t.Errorf("GET / = %d %q, want that of %s, in its folder", status, body, path)
	}
	if got := s.usage(t).ProcessesStarted; got != 1 {
		t.Errorf("%d processes were started for a request, want 1", got)
	}
}

// A child has the variables that the workload names and those that steer Go, and no more of the host's.
func TestChildEnvironment(t *testing.T) {
	t.Setenv(givenVariable, "as given")
	t.Setenv("PROBE_SECRET", "not for children")
	t.Setenv("GOGC", "150")
	t.Setenv("TZ", "Europe/Vienna")
	s := start(t, sample, "cgi")
	_, body := s.text(t, s.url+"/environment")
	got := strings.Split(body, "\n")
	path := "PATH=" + os.Getenv("PATH")
	for _, want := range []string{givenVariable + "=as given", "GOGC=150", "TZ=Europe/Vienna", path} {
		if !slices.Contains(got, want) {
			t.Errorf("a child lacks %s", want)
		}
	}
	shared := append([]string{"PATH", "LD_LIBRARY_PATH", "TZ", "GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK"},
		sample.Env...)
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); slices.Contains(got, variable) && !slices.Contains(shared, name) {
			t.Errorf("a child has the host's %s, which the workload does not name", variable)
		}
	}
}

// A child runs where its host does: relative names must mean the same to both twins.
func TestChildFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range models(t) {
		s := start(t, sample, model)
		if _, got := s.text(t, s.url+"/folder"); got != fmt.Sprint(here, nil) {
			t.Errorf("model %s runs in %s, want %s", model, got, here)
		}
	}
}

// A header that is too large is refused alike by all models, and a request goes on being answered that is not.
func TestHeaderLimit(t *testing.T) {
	for _, model := range models(t) {
		t.Run(model, func(t *testing.T) {
			s := start(t, sample, model)
			for size, want := range map[int]int{1000: http.StatusOK, 80_000: http.StatusRequestHeaderFieldsTooLarge} {
				req, err := http.NewRequest(http.MethodGet, s.url+"/folder", nil)
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
					t.Errorf("with %d bytes of header: status %d, want %d", size, resp.StatusCode, want)
				}
			}
		})
	}
}

// What observers see is for this machine alone.
func TestAdminStaysHere(t *testing.T) {
	var complaint bytes.Buffer
	code := workload.Run(t.Context(), sample, []string{"serve", "-admin", "0.0.0.0:0"}, nil, io.Discard, &complaint)
	if code != 2 || !strings.Contains(complaint.String(), "other machines could reach it") {
		t.Errorf("serve -admin 0.0.0.0:0: status %d, says %q; want 2", code, &complaint)
	}
}
