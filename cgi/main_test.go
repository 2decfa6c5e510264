package cgi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"forktax/cgi"
	"forktax/cgi/child"
)

// patience is the timeout of waits for events that are certain to happen. It is long enough for a busy machine.
const patience = 30 * time.Second

// The test binary is also a CGI program.
func TestMain(m *testing.M) {
	if child.IsChild() {
		if err := testProgram().Serve(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Variables that control the child.
const (
	openFails  = "CHILD_OPEN_FAILS"
	closeFails = "CHILD_CLOSE_FAILS"
	closeTakes = "CHILD_CLOSE_TAKES" // a duration
)

// testProgram opens two connections, and responds to /hello.
func testProgram() child.Program {
	var opened int64
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	return child.Program{
		Open: func(context.Context) (child.Connect, error) {
			if os.Getenv(openFails) != "" {
				return nil, errors.New("the door is stuck")
			}
			return func(context.Context) (http.Handler, func() error, error) {
				opened = 2
				return mux, func() error {
					if os.Getenv(closeFails) != "" {
						return errors.New("the door does not shut")
					}
					d, _ := time.ParseDuration(os.Getenv(closeTakes))
					time.Sleep(d)
					return nil
				}, nil
			}, nil
		},
		Connections: func() int64 { return opened },
	}
}

// childEnv returns the environment of the test binary as a child. Without GORACE it would take 1 s to exit under -race.
func childEnv(more ...string) []string { return append(more, "GORACE=atexit_sleep_ms=0") }

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// shell returns a host of a shell script.
func shell(script string, env ...string) *cgi.Host {
	return &cgi.Host{Path: "/bin/sh", Args: []string{"-c", script}, Env: env, Logger: log.New(io.Discard, "", 0)}
}

func ask(h http.Handler, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w
}

// eventually waits until a condition holds, and fails the test if it does not within patience.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
