package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"forktax/workload"
	"forktax/workload/contract"
)

func opened(t *testing.T) http.Handler {
	t.Helper()
	connect, err := hello.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	handler, shut, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shut(); err != nil {
			t.Error(err)
		}
	})
	return handler
}

// The responses are those of the description.
func TestResponses(t *testing.T) {
	handler := opened(t)
	for _, r := range hello.Requests {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(r.Method, r.Path, strings.NewReader(r.Body)))
		if w.Code != r.Want.StatusCode() || w.Body.String() != r.Want.Body {
			t.Errorf("%s %s = %d %q, want %d %q", r.Method, r.Path, w.Code, w.Body, r.Want.StatusCode(), r.Want.Body)
		}
		for name, want := range r.Want.Headers {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s %s: %s = %q, want %q", r.Method, r.Path, name, got, want)
			}
		}
	}
}

// The documentation says that the response has six bytes.
func TestSixBytes(t *testing.T) {
	w := httptest.NewRecorder()
	opened(t).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Body.Len() != 6 {
		t.Errorf("GET / = %q, want six bytes", w.Body)
	}
}

func TestDescribe(t *testing.T) {
	var out bytes.Buffer
	if code := workload.Run(context.Background(), hello, []string{"describe"}, nil, &out, io.Discard); code != 0 {
		t.Fatalf("describe: status %d, want 0", code)
	}
	var d contract.Description
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Name != "hello" || len(d.Requests) != 1 || d.Requests[0].Name != "hello" {
		t.Errorf("describe = %+v, want the workload hello with one request", d)
	}
}

// The program needs no data.
func TestPrepare(t *testing.T) {
	var out bytes.Buffer
	args := []string{"prepare", "-dir", t.TempDir()}
	if code := workload.Run(t.Context(), hello, args, nil, &out, io.Discard); code != 0 {
		t.Fatalf("prepare: status %d, want 0", code)
	}
	if out.String() != "{}\n" {
		t.Errorf("prepare prints %q, want an empty environment", &out)
	}
}
