package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/subject/programtest"
	"forktax/workload"
	"forktax/workload/contract"
)

// The test binary is also the program: the model cgi executes the program that it runs in.
func TestMain(m *testing.M) {
	if workload.IsChild() {
		workload.Main(startup)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise a child under -race would take 1 s to exit
	os.Exit(m.Run())
}

func describe(t *testing.T) contract.Description {
	t.Helper()
	var out bytes.Buffer
	if code := workload.Run(t.Context(), startup, []string{"describe"}, nil, &out, io.Discard); code != 0 {
		t.Fatalf("describe: status %d, want 0", code)
	}
	var d contract.Description
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// A client cannot distinguish it from hello.
func TestIsHello(t *testing.T) {
	hello := filepath.Join(programtest.Build(t, "forktax-hello"), "forktax-hello")
	out, err := exec.Command(hello, "describe").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want contract.Description
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	got := describe(t)
	if diff := cmp.Diff(want.Requests, got.Requests); diff != "" {
		t.Errorf("requests (-hello +startup):\n%s", diff)
	}
	connect, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	handler, shut, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer shut()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != 200 || w.Body.String() != "hello\n" || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("GET / = %d %q %q, want the response of hello", w.Code, w.Body, w.Header())
	}
}

func TestWork(t *testing.T) {
	check := func(text string, want time.Duration, ok bool) {
		t.Helper()
		t.Setenv(contract.EnvStartupWork, text)
		begin := time.Now()
		_, err := open(context.Background())
		if took := time.Since(begin); (err == nil) != ok || took < want {
			t.Errorf("open with %s=%q = %v after %v, want at least %v, success: %t", contract.EnvStartupWork, text, err,
				took, want, ok)
		}
	}
	check("", 0, true)
	check("0", 0, true)
	check("20ms", 20*time.Millisecond, true)
	check("-20ms", 0, false)
	check("long", 0, false)
}

// Invalid variables are reported when the program starts to serve, not by its children.
func TestInvalidVariables(t *testing.T) {
	check := func(name, value, want string) {
		t.Helper()
		t.Setenv(contract.EnvStartupWork, "")
		t.Setenv(heapVariable, "")
		t.Setenv(name, value)
		var log bytes.Buffer
		code := workload.Run(t.Context(), startup, []string{"serve", "-model", "cgi"}, nil, io.Discard, &log)
		if code != 1 || !strings.Contains(log.String(), name+"="+value+": "+want) {
			t.Errorf("serve with %s=%s: status %d, %q; want 1 and %q", name, value, code, &log, want)
		}
	}
	check(contract.EnvStartupWork, "5", "must be a duration, such as 5ms")
	check(heapVariable, "1GB", "must be a size in MiB, such as 1024MiB")
	check(heapVariable, "-1MiB", "must be a size in MiB, such as 1024MiB")
}

func text(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
