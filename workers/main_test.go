package workers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"forktax/bench/testenv"
	"forktax/workers"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// patience is the timeout of waits for events that are certain to happen.
const patience = 30 * time.Second

// broken is a variable of the workers that makes connecting fail if it names a file that exists, or is not a path.
const broken = "WORKER_BROKEN"

// program is the program of the workers, which is in the test binary.
var program = model.Program{
	Name: "sample",
	Open: func(context.Context) (model.Connect, error) {
		return func(context.Context) (http.Handler, func() error, error) {
			if path := os.Getenv(broken); path != "" {
				if _, err := os.Stat(path); err == nil {
					return nil, nil, errors.New("broken on purpose")
				}
			}
			return handler(), func() error { return nil }, nil
		}, nil
	},
	Connections: func() int64 { return 2 },
}

func handler() http.Handler {
	mux := http.NewServeMux()
	requests := 0
	var leaked [][]byte
	mux.HandleFunc("/leak", func(http.ResponseWriter, *http.Request) { leaked = append(leaked, make([]byte, 64<<20)) })
	mux.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) {
		requests++
		fmt.Fprintf(w, "%d %d", os.Getpid(), requests)
	})
	mux.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	mux.HandleFunc("/exit/in-response", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Repeat("x", 100_000))
		w.(http.Flusher).Flush()
		os.Exit(3)
	})
	mux.HandleFunc("/sleep", func(w http.ResponseWriter, r *http.Request) {
		d, _ := time.ParseDuration(r.URL.RawQuery)
		time.Sleep(d)
		io.WriteString(w, "slept")
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Write(body)
	})
	mux.HandleFunc("/copy", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		io.Copy(w, r.Body)
	})
	mux.HandleFunc("/ignore", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ignored") })
	mux.HandleFunc("/header", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.RawQuery)
		w.Header().Set("X-Long", strings.Repeat("x", n))
	})
	mux.HandleFunc("/body", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.RawQuery)
		io.WriteString(w, strings.Repeat("y", n))
	})
	mux.HandleFunc("/request", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s", r.URL.RawQuery, r.Header["Forwarded"], r.Header["X-Forwarded-For"])
	})
	mux.HandleFunc("/log", func(_ http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(os.Stderr, "to the log:", r.URL.RawQuery)
	})
	return mux
}

func TestMain(m *testing.M) {
	for _, m := range []model.Package{workers.Model, workers.Proxied} {
		if os.Getenv(contract.EnvWorker) == "" || !m.IsChild() {
			continue
		}
		if err := m.Child(context.Background(), program); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise a worker under -race would take 1 s to exit
	os.Exit(m.Run())
}

// A server is a host behind a server of package net/http.
type server struct {
	*workers.Host
	url string
	log *testenv.Log
}

// start opens a host with the given changes, and serves it until the test ends. Then no worker may be left.
func start(t *testing.T, change func(*workers.Host)) *server {
	t.Helper()
	s := newServer(t, change)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(s.Host)
	s.url = front.URL
	t.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if living := s.living(); len(living) > 0 {
			t.Errorf("workers %v are left", living)
		}
	})
	return s
}

// get sends a GET and returns the status and the body; the status is 0 if the response is incomplete.
func (s *server) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		return 0, err.Error()
	}
	return read(resp)
}

func read(resp *http.Response) (status int, body string) {
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// served sends a GET to /pid, and returns the PID of the worker and the number of its requests so far.
func (s *server) served(t *testing.T) (pid, requests int) {
	t.Helper()
	status, body := s.get(t, "/pid")
	if _, err := fmt.Sscan(body, &pid, &requests); err != nil || status != http.StatusOK {
		t.Fatalf("GET /pid = %d %q, %v; log:\n%s", status, body, err, s.log)
	}
	return pid, requests
}

// living returns the PIDs of the workers.
func (s *server) living() (pids []int) {
	for _, c := range s.Children() {
		if c.EndedNS == 0 {
			pids = append(pids, c.PID)
		}
	}
	return pids
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}
