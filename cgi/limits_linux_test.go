package cgi_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forktax/bench/account"
	"forktax/bench/testenv"
	"forktax/cgi"
	"forktax/cgi/spawn"
	"forktax/workload/contract"
)

const textHead = `printf 'Content-Type: text/plain\n\n'; `

// asks sends a GET, returns the status (0 if there is none) and the body, and reports whether the response is complete.
func asks(t *testing.T, addr, path string) (status int, body string, whole bool) {
	t.Helper()
	resp, err := http.Get("http://" + addr + path)
	if err != nil {
		return 0, "", false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err == nil
}

// gone waits until the file has at least one PID and none of its processes exists.
func gone(t *testing.T, file string, limit time.Duration) {
	t.Helper()
	var left []string
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text, _ := os.ReadFile(file)
		left = nil
		for _, pid := range strings.Fields(string(text)) {
			if stat, err := os.ReadFile("/proc/" + pid + "/stat"); err == nil && !bytes.Contains(stat, []byte(") Z ")) {
				left = append(left, pid)
			}
		}
		if len(text) > 0 && len(left) == 0 {
			return
		}
	}
	t.Errorf("processes %q still exist after %v", left, limit)
}

// A child that exceeds a limit is terminated with its descendants, also if they ignore SIGTERM or have left its process
// group. The client gets an error status, the reason is logged, and the host goes on.
func TestLimits(t *testing.T) {
	const idle, total = 300 * time.Millisecond, 800 * time.Millisecond
	noted := func(script string) string { return `echo $$ >>"$PIDS"; ` + script }
	const also = `sleep 60 & echo $! >>"$PIDS"; `
	tests := map[string]struct {
		script string
		limits contract.ChildLimits
		status int // 0 means an incomplete response
		logs   string
	}{
		"silent before its header": {`sleep 60`, contract.ChildLimits{Idle: idle}, 504,
			"the program wrote nothing for 300ms"},
		"silent in its header": {`printf 'Content-Type: text/plain\n'; sleep 60`, contract.ChildLimits{Idle: idle}, 504,
			"nothing for 300ms"},
		"silent in its body": {textHead + `head -c 5000 /dev/zero; sleep 60`, contract.ChildLimits{Idle: idle}, 0,
			"nothing for 300ms"},
		"slow body": {textHead + `while :; do head -c 5000 /dev/zero; sleep 0.05; done`,
			contract.ChildLimits{Total: total}, 0, "ran for longer than 800ms"},
		"slow before its header": {`while :; do sleep 0.05; done`, contract.ChildLimits{Idle: -1, Total: total}, 504,
			"ran for longer than 800ms"},
		"a descendant": {also + `wait`, contract.ChildLimits{Idle: idle}, 504, "nothing for 300ms"},
		"a descendant in its own session": {`setsid sh -c 'echo $$ >>"$PIDS"; sleep 60' & sleep 60`,
			contract.ChildLimits{Idle: idle}, 504, "nothing for 300ms"},
		"a daemon": {`(setsid sh -c 'echo $$ >>"$PIDS"; sleep 60' &); sleep 60`,
			contract.ChildLimits{Idle: idle}, 504, "nothing for 300ms"},
		"a descendant without the environment": {`env -i sh -c 'sleep 60; true' & echo $! >>"$PIDS"; sleep 60`,
			contract.ChildLimits{Idle: idle}, 504, "nothing for 300ms"},
		"ignored SIGTERM": {`trap '' TERM; ` + also + `sleep 60; sleep 60`, contract.ChildLimits{Idle: idle}, 504,
			"nothing for 300ms"},
		"endless body": {textHead + `exec yes`, contract.ChildLimits{Response: 1 << 20}, 0,
			"response body exceeds the limit of 1048576 bytes"},
		"endless without a header": {`exec yes`, contract.ChildLimits{}, 502, "malformed response header line: y"},
		"endless header line": {`exec tr '\0' x </dev/zero`, contract.ChildLimits{}, 502,
			"the response header exceeds the limit of 65536 bytes"},
		"a bad status, then silence": {`printf 'Status: odd\n'; sleep 60`, contract.ChildLimits{}, 502,
			`invalid response status "odd"`},
		"CPU time": {textHead + `while :; do :; done`, contract.ChildLimits{CPU: time.Second}, 502,
			"was killed (signal: "},
		"output left to a descendant": {also + `exit 0`, contract.ChildLimits{}, 502,
			"the program has exited, but a process that it left behind keeps its response open"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the tests mostly sleep
			pids := filepath.Join(t.TempDir(), "pids")
			h := shell(noted(test.script), "PIDS="+pids)
			h.Limits = test.limits
			addr, logged := served(t, h)
			status, body, whole := asks(t, addr, "/path")
			if test.status == 0 && whole || test.status != 0 && status != test.status {
				t.Errorf("status %d, %d bytes, complete: %t; want %d", status, len(body), whole, test.status)
			}
			gone(t, pids, 10*time.Second)
			if text := logged.String(); !strings.HasPrefix(text, "GET /path: ") || !strings.Contains(text, test.logs) {
				t.Errorf("log = %q, want %q", text, test.logs)
			}
			if s := h.Stats(); s.Failed != 1 || s.Running != 0 {
				t.Errorf("Stats() = %+v, want one failed and none running", s)
			}
		})
	}
}

// The response of a child that is killed or fails does not look complete.
func TestChildDies(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		status int
		whole  bool
		logs   string
	}{
		"killed before its header": {`kill -9 $$`, 502, true,
			"the response has no header; the program was killed (signal: killed)"},
		"killed in a short body": {textHead + `echo part; kill -9 $$`, 502, true,
			"the program was killed (signal: killed)"},
		"killed in a long body": {textHead + `head -c 100000 /dev/zero; kill -SEGV $$`, 200, false,
			"the program was killed (signal: segmentation fault)"},
		"body shorter than its Content-Length": {
			`printf 'Content-Length: 200000\nContent-Type: text/plain\n\n'; head -c 100000 /dev/zero`, 200, false,
			"the response body is shorter than its Content-Length: 100000 of 200000 bytes"},
		"exit status": {textHead + `echo all; exit 3`, 200, true, "the program ended with status 3"},
	} {
		t.Run(name, func(t *testing.T) {
			addr, logged := served(t, shell(test.script))
			status, body, whole := asks(t, addr, "/path")
			if status != test.status || whole != test.whole || strings.Contains(body, "part") {
				t.Errorf("status %d %.50q, complete: %t; want %d, %t", status, body, whole, test.status, test.whole)
			}
			if got := logged.String(); !strings.Contains(got, "GET /path: "+test.logs+"\n") {
				t.Errorf("log = %q, want %q", got, test.logs)
			}
		})
	}
}

// A client does not wait for a process that the child leaves behind, and the process keeps running.
func TestLeftBehind(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	addr, logged := served(t, shell(textHead+`printf hello; sleep 60 & echo $! >"$PIDS"`, "PIDS="+pids))
	status, body, whole := asks(t, addr, "/path")
	if status != 200 || body != "hello" || !whole {
		t.Errorf("status %d %q, complete: %t", status, body, whole)
	}
	const want = "GET /path: the response ends here: the program has exited, but a process that it left behind"
	if !strings.Contains(logged.String(), want) {
		t.Errorf("log = %q, want %q", logged, want)
	}
	text, _ := os.ReadFile(pids)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("killing the process that was left behind: %v", err)
	}
}

// When a client disconnects, its child is terminated within a second, also if the request body is unread.
func TestClientLeaves(t *testing.T) {
	for name, request := range map[string]string{
		"without a body": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"with a body":    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
		"with an unread body": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n" +
			strings.Repeat("x", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			pids := filepath.Join(t.TempDir(), "pids")
			addr, logged := served(t, shell(`sleep 60 & echo $$ $! >"$PIDS"; wait`, "PIDS="+pids))
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			go io.WriteString(c, request) // blocks: the child does not read the whole body
			eventually(t, "a child has started", func() bool {
				text, _ := os.ReadFile(pids)
				return len(text) > 0
			})
			c.Close()
			gone(t, pids, patience) // the time limit of a second is checked by the soak test of cmd/forktax-cgi
			if got := logged.String(); got != "" {
				t.Errorf("log = %q, want none", got)
			}
		})
	}
}

// A child may respond without reading its request body, and then the client need not send the rest.
func TestUnreadBody(t *testing.T) {
	addr, _ := served(t, shell(textHead+`echo enough`))
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nbegin") // and nothing more
	var b [4 << 10]byte
	n, err := io.ReadAtLeast(c, b[:], 12)
	if err != nil || !strings.HasPrefix(string(b[:n]), "HTTP/1.1 200") {
		t.Errorf("%q, %v; want a response", b[:n], err)
	}
}

// The resource limits of a child are set soon after its start.
func TestResources(t *testing.T) {
	h := shell(`sleep 0.2; ` + textHead + `ulimit -t; ulimit -v; cat /proc/self/limits`)
	h.Limits = contract.ChildLimits{CPU: 7 * time.Second, Memory: 3 << 30, Processes: 12345}
	w := ask(h, "/")
	text := w.Body.String()
	if !strings.HasPrefix(text, fmt.Sprintf("7\n%d\n", 3<<20)) || !strings.Contains(text, "12345") {
		t.Errorf("%d %q, want 7 seconds, 3 GiB and 12345 processes", w.Code, text)
	}
}

// A program that cannot be executed means status 500, or 503 if the error is transient.
func TestExecFails(t *testing.T) {
	dir := t.TempDir()
	program := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		write(t, path, text, mode)
		return path
	}
	busy := program("busy", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello'\n", 0o755)
	writer, err := os.OpenFile(busy, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	for name, test := range map[string]struct {
		path   string
		status int
		logs   string
	}{
		"bad interpreter": {program("bad", "#!/no/such/interpreter\n", 0o755), 500, "no such file or directory"},
		"not a program":   {program("data", "\x01\x02", 0o755), 500, "exec format error"},
		"not executable":  {program("plain", "#!/bin/sh\n", 0o644), 500, "permission denied"},
		"a broken link":   {filepath.Join(dir, "none"), 500, "no such file or directory"},
		"text busy":       {busy, 503, "text file busy"},
	} {
		t.Run(name, func(t *testing.T) {
			var logged testenv.Log
			h := &cgi.Host{Path: test.path, Logger: log.New(&logged, "", 0)}
			w := ask(h, "/path")
			if w.Code != test.status || !strings.Contains(logged.String(), test.logs) {
				t.Errorf("status %d, log = %q; want %d, %q", w.Code, &logged, test.status, test.logs)
			}
			if s := h.Stats(); s.Started != 0 || s.Failed != 1 {
				t.Errorf("Stats() = %+v, want one failed and none started", s)
			}
		})
	}
	h := &cgi.Host{Path: busy, Logger: log.New(io.Discard, "", 0)}
	time.AfterFunc(10*time.Millisecond, func() { writer.Close() })
	if w := ask(h, "/"); w.Code != http.StatusOK {
		t.Errorf("status %d when the writer closes the file meanwhile, want 200", w.Code)
	}
}

// Without free descriptors the status is 503 with Retry-After.
func TestNoDescriptors(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	h := shell(textHead + `echo hello`)
	var logged testenv.Log
	h.Logger = log.New(&logged, "", 0)
	ask(h, "/") // opens the files that stay open
	files, _ := os.ReadDir("/proc/self/fd")
	low := limit
	low.Cur = uint64(len(files))
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	w := ask(h, "/path")
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" ||
		!strings.Contains(logged.String(), "GET /path: ") || !strings.Contains(logged.String(), "too many open files") {
		t.Errorf("status %d, log = %q; want 503", w.Code, &logged)
	}
	if w := ask(h, "/"); w.Code != http.StatusOK {
		t.Errorf("then: status %d, want 200", w.Code)
	}
}

// If no process can be started, the status is 503 with Retry-After. The limit does not apply to root, and a process
// cannot become root again, so this test runs in its own process.
func TestNoProcesses(t *testing.T) {
	const role = "CGI_TEST_WITHOUT_PROCESSES"
	if os.Getenv(role) == "" {
		poor := exec.Command(self(t), "-test.run=^TestNoProcesses$")
		poor.Env = childEnv(append(os.Environ(), role+"=1")...)
		if out, err := poor.CombinedOutput(); err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	if os.Getuid() == 0 {
		if err := syscall.Setuid(54711); err != nil {
			t.Fatal(err)
		}
	}
	h := shell(textHead + `sleep 0.1; echo hello`)
	var logged testenv.Log
	h.Logger = log.New(&logged, "", 0)
	var clients sync.WaitGroup
	for range 8 { // creates the threads that the host needs: none can be created below
		clients.Go(func() { ask(h, "/") })
	}
	clients.Wait()
	const processes = 6 // RLIMIT_NPROC
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(processes, &limit); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(processes, &syscall.Rlimit{Cur: 1, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	w := ask(h, "/path")
	if err := syscall.Setrlimit(processes, &limit); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" ||
		!strings.Contains(logged.String(), "GET /path: ") || !strings.Contains(logged.String(), syscall.EAGAIN.Error()) {
		t.Errorf("status %d, log = %q; want 503", w.Code, &logged)
	}
	if w := ask(h, "/"); w.Code != http.StatusOK {
		t.Errorf("then: status %d, want 200", w.Code)
	}
}

// A child that runs out of memory fails, but the host and its other children go on.
func TestNoMemory(t *testing.T) {
	h := shell(`[ "$PATH_INFO" = /all ] && { x=$(head -c 300000000 /dev/zero | tr '\0' x); }; ` + textHead + `echo hello`)
	var logged testenv.Log
	h.Logger = log.New(&logged, "", 0)
	h.Limits.Memory = 64 << 20
	if w := ask(h, "/all"); w.Code != http.StatusBadGateway || !strings.Contains(logged.String(), "GET /all: ") {
		t.Errorf("status %d, log = %q; want 502", w.Code, &logged)
	}
	if w := ask(h, "/"); w.Code != http.StatusOK {
		t.Errorf("then: status %d, want 200", w.Code)
	}
}

// Close terminates the children, and their clients get status 503.
func TestClose(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	h := shell(`trap '' TERM; echo $$ >>"$PIDS"; sleep 60; sleep 60`, "PIDS="+pids)
	h.Limits.Children = 2
	const clients = 4
	codes := make(chan int, clients)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			w := httptest.NewRecorder()
			defer func() {
				if err, ok := recover().(error); ok && !errors.Is(err, http.ErrAbortHandler) {
					t.Error(err)
				}
				codes <- w.Code
			}()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		})
	}
	eventually(t, "the maximum of children run", func() bool {
		text, _ := os.ReadFile(pids)
		return strings.Count(string(text), "\n") == 2
	})
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	gone(t, pids, patience)
	all.Wait()
	for range clients {
		if code := <-codes; code != http.StatusServiceUnavailable {
			t.Errorf("status %d, want 503", code)
		}
	}
}

// A child that waits for a slow client is not ended for writing nothing.
func TestSlowBody(t *testing.T) {
	h := shell(textHead + `cat`)
	h.Limits.Idle = 300 * time.Millisecond
	addr, logged := served(t, h)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /path HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n")
	for range 10 {
		time.Sleep(100 * time.Millisecond)
		fmt.Fprint(conn, "x")
	}
	text, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(text), "HTTP/1.1 200 ") || !strings.Contains(string(text), "xxxxxxxxxx") {
		t.Errorf("%q, log = %q; want 200 and the body", text, logged)
	}
}

// A body of known length that comes byte by byte lasts until the child's time is over.
func TestTrickledBody(t *testing.T) {
	for length, c := range map[string]struct{ header, part, status, log string }{
		"known": {"Content-Length: 100000", "x", "504", "the program ran for longer than 1s"},
		// The child starts when the body is complete, so it has not started.
		"unknown": {"Transfer-Encoding: chunked", "1\r\nx\r\n", "408", ""},
	} {
		h := shell(textHead + `cat`)
		h.Limits.Total = time.Second
		addr, logged := served(t, h)
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n\r\n", c.header)
		go func() {
			for {
				if _, err := fmt.Fprint(conn, c.part); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}()
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		text, err := io.ReadAll(conn)
		if !strings.HasPrefix(string(text), "HTTP/1.1 "+c.status+" ") ||
			!strings.Contains(logged.String(), "POST /path: "+c.log) {
			t.Errorf("length %s: %q, %v, log = %q; want %s", length, text, err, logged, c.status)
		}
		if started := h.Stats().Started; (started > 0) != (length == "known") {
			t.Errorf("length %s: %d children were started", length, started)
		}
	}
}

// Processes that scripts leave running are bounded: those of the last requests are killed.
func TestLeftProcesses(t *testing.T) {
	h := shell(textHead + `echo ${UNIQUE_ID%.*}; for i in 1 2 3 4 5 6; do sleep 60 <&- >/dev/null 2>&1 & echo $!; done`)
	h.Limits.Left = 8
	addr, logged := served(t, h)
	_, body, _ := asks(t, addr, "/path")
	lines := strings.Fields(body)
	if len(lines) != 7 {
		t.Fatalf("%q, log = %q; want the mark and six PIDs", body, logged)
	}
	left := func() []spawn.Found { return spawn.Marked(contract.EnvChild + "=" + lines[0] + ".") }
	t.Cleanup(func() {
		for _, p := range left() {
			spawn.Signal([]spawn.ID{p.ID}, syscall.SIGKILL)
		}
	})
	killed := func() bool {
		return strings.Contains(logged.String(), "that scripts left running") && len(left()) <= h.Limits.Left
	}
	for begin := time.Now(); !killed(); time.Sleep(time.Second / 5) {
		asks(t, addr, "/path") // the host looks for them while it serves requests
		if time.Since(begin) > time.Minute {
			t.Fatalf("%d processes are left, want at most %d; log = %q", len(left()), h.Limits.Left, logged)
		}
	}
	pid, _ := strconv.Atoi(lines[1])
	if !slices.ContainsFunc(left(), func(p spawn.Found) bool { return p.PID == pid }) {
		t.Errorf("process %d of the first request was killed; %v are left", pid, left())
	}
}

// In a control group of its own, the host also finds processes without the mark in their environment.
func TestHiddenLeftProcesses(t *testing.T) {
	group := account.NewGroup(fmt.Sprintf("forktax-test-%d", os.Getpid()))
	if group == nil {
		t.Skip("no control group can be created here")
	}
	enter := func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0)
	}
	t.Cleanup(func() {
		if err := errors.Join(enter(filepath.Dir(group.Dir())), group.Remove()); err != nil {
			t.Error(err)
		}
	})
	if err := enter(group.Dir()); err != nil {
		t.Fatal(err)
	}
	h := shell(textHead + `if [ "$QUERY_STRING" ]; then env -i sleep 3; echo $?; exit; fi
		for i in 1 2 3 4 5 6; do env -i setsid sleep 60 <&- >/dev/null 2>&1 & done; echo done`)
	h.Group, h.Limits.Left = group.Dir(), 8
	addr, logged := served(t, h)
	left := func() int { return len(group.PIDs()) - 1 }
	var under sync.WaitGroup
	under.Go(func() { // hidden as well, but of a request under way
		if status, body, _ := asks(t, addr, "/path?slow"); status != http.StatusOK || body != "0\n" {
			t.Errorf("%d %q from a request under way, want 200 and 0", status, body)
		}
	})
	for begin := time.Now(); left() > 8 || !strings.Contains(logged.String(), "at most 8 may be left"); {
		asks(t, addr, "/path")
		time.Sleep(time.Second / 5)
		if time.Since(begin) > time.Minute {
			t.Fatalf("%d processes are left, want at most 8; log = %q", left(), logged)
		}
	}
	under.Wait()
	if left() < 4 {
		t.Errorf("%d processes are left, want about 8; log = %q", left(), logged)
	}
}

// Bodies of unknown length are stored in files of a limited total size.
func TestTotalOfSpooledBodies(t *testing.T) {
	h := shell(textHead + `cat >/dev/null; echo read`)
	h.Limits.Spooled = 1 << 20
	addr, logged := served(t, h)
	body := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", 700<<10, strings.Repeat("x", 700<<10))
	const head = "POST /path HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
	held, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	fmt.Fprint(held, head, strings.TrimSuffix(body, "0\r\n\r\n"))
	for begin := time.Now(); stored() < 700<<10; time.Sleep(time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("%d bytes are stored; log = %q", stored(), logged)
		}
	}
	got, _ := sendRaw(t, addr, head+body)
	if !strings.HasPrefix(got, "HTTP/1.1 503 ") || !strings.Contains(logged.String(), "too many request bodies") {
		t.Errorf("%q, log = %q; want 503", got, logged)
	}
	held.Close()
	for begin := time.Now(); time.Since(begin) < 20*time.Second; time.Sleep(time.Second / 10) { // until it is given up
		if got, _ = sendRaw(t, addr, head+body); strings.HasPrefix(got, "HTTP/1.1 200 ") {
			break
		}
	}
	if !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("%q after the stored body is gone, log = %q; want 200", got, logged)
	}
}

// stored returns the total size of the bodies that this process stores in files.
func stored() (sum int64) {
	files, _ := filepath.Glob("/proc/self/fd/*")
	for _, file := range files {
		if name, err := os.Readlink(file); err == nil && strings.Contains(name, "/forktax-body-") {
			if info, err := os.Stat(file); err == nil {
				sum += info.Size()
			}
		}
	}
	return sum
}

// A body of unknown length that stops arriving, or cannot be stored, starts no child.
func TestSpool(t *testing.T) {
	h := shell(textHead + `cat`)
	h.Limits.Idle = 200 * time.Millisecond
	addr, logged := served(t, h)
	const chunked = "POST /path HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
	head, _ := sendRaw(t, addr, chunked+"5\r\nhello\r\n") // without an end
	if !strings.HasPrefix(head, "HTTP/1.1 408 ") ||
		!strings.Contains(logged.String(),
			"POST /path: the request body came too slowly: its child has 5m0s, each pause 200ms") {
		t.Errorf("%q, log = %q; want 408", head, logged)
	}

	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = 4 << 20 // package testing has a log file of its own, below that
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &low); err != nil {
		t.Fatal(err)
	}
	head, _ = sendRaw(t, addr, chunked+"4c4b40\r\n"+strings.Repeat("x", 5_000_000)+"\r\n0\r\n\r\n")
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(head, "HTTP/1.1 503 ") ||
		!strings.Contains(logged.String(), "POST /path: storing the request body: write ") {
		t.Errorf("%q, log = %q; want 503", head, logged)
	}
	if s := h.Stats(); s.Started != 0 {
		t.Errorf("%d children were started, want none", s.Started)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "forktax-body-*")); len(left) > 0 {
		t.Errorf("temporary files left: %q", left)
	}
}
