package zygote

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/testenv"
	"forktax/cgi"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// interpreter returns the path of Python itself: a version manager may have a shim in its place.
func interpreter(t *testing.T) string {
	t.Helper()
	out, err := exec.Command(testenv.Program(t, "python3", "python3"), "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// script writes a program in Python.
func script(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "program.py")
	if err := os.WriteFile(path, []byte("#!"+interpreter(t)+"\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func programOf(path string, limits contract.ChildLimits, to io.Writer) model.Program {
	return model.Program{Name: "script", Limits: limits, Logger: log.New(to, "", 0),
		Executable: func() (model.Executable, error) { return model.Executable{Path: path, Env: []string{"GIVEN"}}, nil }}
}

// A side is a program that is served.
type side struct {
	model.Server
	url string
	log *testenv.Log
}

func serve(t *testing.T, p model.Package, path string, limits contract.ChildLimits) side {
	t.Helper()
	s := side{log: new(testenv.Log)}
	var err error
	s.Server, err = p.Start(t.Context(), programOf(path, limits, s.log))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler)
	s.url = server.URL
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// programs are scripts whose responses must not depend on whether their process was executed or forked.
var programs = map[string]string{
	"hello": `print("Content-Type: text/plain\n\nhello")`,
	"variables": `
import os, sys
print("Content-Type: text/plain\n")
for name in sorted(os.environ):
    if not name.startswith(("UNIQUE_ID", "REMOTE_PORT", "SERVER_PORT", "HTTP_HOST", "LC_CTYPE")):
        print(name, os.environ[name])
print(sys.argv, os.getcwd(), sys.path[0], __name__, __file__)`,
	"body": `
import sys
body = sys.stdin.buffer.read()
sys.stdout.buffer.write(b"Content-Type: application/octet-stream\n\n" + body[::-1])`,
	"imports": `
import json, xml.dom.minidom
from email import message_from_string
import local
def later():
    import decimal
    return decimal.Decimal(1) / 3
print("Content-Type: text/plain\n")
print(json.dumps([local.loaded, str(later()), message_from_string("A: b")["A"]]))`,
	"main": `
import atexit, sys
state = []
def main():
    state.append(1)
    print("Content-Type: text/plain\n\n", len(state))
    atexit.register(print, "the end")
if __name__ == "__main__":
    sys.exit(main())`,
	"raises":  `raise ValueError("no response")`,
	"status":  "import sys\nprint('Status: 404 Not Found\\n\\nnone')\nsys.exit(3)",
	"message": "import sys\nprint('Content-Type: text/plain\\n\\ntext')\nsys.exit('a message')",
	"killed":  "import os\nos.kill(os.getpid(), 9)",
	"thread": `
import threading
print("Content-Type: text/plain\n", flush=True)
threading.Thread(target=print, args=("from a thread",)).start()`,
}

// A forked process responds as an executed one.
func TestSameAsExecuted(t *testing.T) {
	t.Setenv("GIVEN", "a value")
	for name, text := range programs {
		t.Run(name, func(t *testing.T) {
			path := script(t, text)
			local := filepath.Join(filepath.Dir(path), "local.py")
			if err := os.WriteFile(local, []byte("loaded = __name__\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			executed, forked := serve(t, cgi.Direct, path, contract.ChildLimits{}), serve(t, Model, path, contract.ChildLimits{})
			for range 2 { // the second process must not see what the first has changed
				want, got := ask(t, executed.url), ask(t, forked.url)
				if got != want {
					t.Errorf("forked: %s\nexecuted: %s\nlog: %s", got, want, forked.log)
				}
			}
			if a, b := lines(executed.log.String()), lines(forked.log.String()); a != b {
				t.Errorf("%d lines are logged of forked processes, %d of executed ones:\n%s\n%s", b, a, forked.log, executed.log)
			}
		})
	}
}

func lines(text string) int { return strings.Count(text, "\n") }

func ask(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Post(url+"/a/b?c=d", "text/plain", strings.NewReader("a body"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status + " " + resp.Header.Get("Content-Type") + " " + string(body)
}

// The processes are children of the host: it counts their CPU time when they have ended.
func TestCounted(t *testing.T) {
	s := serve(t, Model, script(t, `
import time
print("Content-Type: text/plain\n")
while time.process_time() < 0.2: pass`), contract.ChildLimits{})
	before := childTime(t)
	ask(t, s.url)
	if spent := childTime(t) - before; spent < 190*time.Millisecond {
		t.Errorf("the children of this process have spent %v, want 200ms", spent)
	}
	if n := s.Stats().Started; n != 1 {
		t.Errorf("%d processes, want 1", n)
	}
	running := 0
	for _, c := range s.Children() {
		if c.EndedNS == 0 && c.PID > 0 {
			running++
		}
	}
	if running != 1 {
		t.Errorf("%d running children, want the one that forks", running)
	}
}

// After a load, and the end of the host, neither processes nor descriptors are left.
func TestLeavesNothing(t *testing.T) {
	path := script(t, programs["hello"])
	load := func() {
		s, err := Model.Start(t.Context(), programOf(path, contract.ChildLimits{}, io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(s.Handler)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 25 {
					if got := ask(t, server.URL); !strings.HasPrefix(got, "200 ") {
						t.Error(got)
					}
				}
			})
		}
		all.Wait()
		http.DefaultClient.CloseIdleConnections()
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	files := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	load() // opens what stays
	before := files()
	load()
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("a child is left: %d, %v", pid, err)
	}
	for end := time.Now().Add(10 * time.Second); files() > before && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond) // connections are closing
	}
	if after := files(); after > before {
		t.Errorf("%d open files, %d before", after, before)
	}
}

func childTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// The limits are those of an executed process.
func TestLimits(t *testing.T) {
	for what, c := range map[string]struct {
		text   string
		limits contract.ChildLimits
		want   string
	}{
		"time": {"import time\ntime.sleep(60)", contract.ChildLimits{Idle: 200 * time.Millisecond}, "504"},
		"CPU":  {"while True: pass", contract.ChildLimits{CPU: time.Second}, "502"},
		"memory": {"print('Content-Type: a/b\\n')\nx = 'x' * 500_000_000\nprint(1)",
			contract.ChildLimits{Memory: 400 << 20}, "200"},
	} {
		s := serve(t, Model, script(t, c.text), c.limits)
		if got := ask(t, s.url); !strings.HasPrefix(got, c.want) || strings.Contains(got, "1\n") {
			t.Errorf("%s: %.100s, want %s\n%s", what, got, c.want, s.log)
		}
	}
}

// If the zygote ends, the next request has another one.
func TestRestarted(t *testing.T) {
	path := script(t, programs["hello"])
	m := &mother{interpreter: []string{interpreter(t)}, script: path, dir: filepath.Dir(path)}
	h := &cgi.Host{Path: path, Start: m.start}
	defer m.close()
	defer h.Close()
	for i := range 4 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != http.StatusOK {
			t.Errorf("request %d: status %d", i, w.Code)
		}
		pid := m.process.PID()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil { // it has ended
			t.Fatal(err)
		}
	}
}

// What cannot be forked is refused, with the reason.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("starts.py", "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n")
	for path, want := range map[string]string{
		write("shell.sh", "#!/bin/sh\n"):                               "the model zygote forks programs in Python",
		write("text", "hello\n"):                                       "the model zygote forks programs in Python",
		write("gone.py", "#!/usr/bin/env python9\n"):                   "python9",
		script(t, "print(\n"):                                          "SyntaxError",
		write("threads.py", "#!/usr/bin/env python3\nimport starts\n"): "start threads",
		filepath.Join(dir, "missing.py"):                               "no such file",
	} {
		s, err := Model.Start(t.Context(), programOf(path, contract.ChildLimits{}, io.Discard))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", filepath.Base(path), err, want)
		}
		if err == nil {
			s.Close()
		}
	}
}
