package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
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

	"forktax/workload/contract"
)

var (
	soakFor   = flag.Duration("soak", 30*time.Second, "duration of TestSoak; it checks for growth if that is at least 1m")
	stepClock = flag.Bool("step-clock", false,
		"make TestSoak step the system clock by 1 h and back every second; needs root and a machine for itself")
)

// hostVariable makes the test binary the program under test.
const hostVariable = "SCRIPT_TEST_HOST"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "metrics" { // an exporter that prints its input
		fmt.Print("Content-Type: application/json\n\n")
		io.Copy(os.Stdout, os.Stdin)
		os.Exit(0)
	}
	if os.Getenv(hostVariable) != "" {
		os.Unsetenv(hostVariable)
		main()
	}
	os.Exit(m.Run())
}

// A host is the program in its own process.
type host struct {
	*testing.T
	within     []string // the command that executes the host, if it is not this process
	cmd        *exec.Cmd
	url, admin string
	log        syncBuffer
}

type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.text.Len() > 1<<20 { // enough to find a fault
		return len(p), nil
	}
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func startHost(t *testing.T, path string, flags ...string) *host {
	t.Helper()
	h := &host{T: t}
	h.start(&h.log, path, flags...)
	t.Cleanup(func() {
		if h.cmd.ProcessState != nil { // the test has ended it
			return
		}
		h.cmd.Process.Signal(os.Interrupt)
		if err := h.cmd.Wait(); err != nil {
			t.Errorf("the host ended with %v; its log begins:\n%.2000s", err, h.log.String())
		}
	})
	return h
}

// startUnread starts a host whose standard error is a pipe that is not read. The test must end the host.
func startUnread(t *testing.T, path string) *host {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	defer w.Close()
	h := &host{T: t}
	h.start(w, path)
	return h
}

func (h *host) start(log io.Writer, path string, flags ...string) {
	h.Helper()
	self, err := os.Executable()
	if err != nil {
		h.Fatal(err)
	}
	args := slices.Concat(h.within, []string{self, "serve", "-model", "cgi-direct"}, flags)
	h.cmd = exec.Command(args[0], args[1:]...)
	h.cmd.Env = append(os.Environ(), hostVariable+"=1", contract.EnvScriptPath+"="+path, contract.EnvExporter+"="+self)
	h.cmd.Stderr = log
	stdout, err := h.cmd.StdoutPipe()
	if err == nil {
		err = h.cmd.Start()
	}
	if err != nil {
		h.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if _, scanned := fmt.Sscanf(line, "ready %s %s\n", &h.url, &h.admin); scanned != nil {
		h.Fatalf("serve printed %q (%v)", line, err)
	}
}

// kill kills the host with SIGKILL.
func (h *host) kill() {
	h.cmd.Process.Kill()
	h.cmd.Wait()
}

// A state is a host's use of resources that must not grow.
type state struct {
	Files, Goroutines, Zombies, Children, MemoryMB int
	Marked                                         int // processes that the host's scripts have started
}

func (h *host) state() (s state) {
	h.Helper()
	resp, err := http.Get(h.admin + "/metrics") // the test's exporter prints the snapshot
	if err != nil {
		h.Fatal(err)
	}
	defer resp.Body.Close()
	page, _ := io.ReadAll(resp.Body)
	if err := json.Unmarshal(page, &s); err != nil {
		h.Fatalf("%v: %s", err, page)
	}
	pid := h.cmd.Process.Pid
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	s.Files = len(files)
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	fmt.Sscan(rest, &s.MemoryMB)
	s.MemoryMB /= 1024
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	mark := fmt.Appendf(nil, "%s=%d.", contract.EnvChild, pid)
	for _, file := range stats {
		if environment, _ := os.ReadFile(filepath.Dir(file) + "/environ"); bytes.Contains(environment, mark) {
			s.Marked++
		}
		text, _ := os.ReadFile(file)
		words := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(words) > 1 && words[1] == strconv.Itoa(pid) {
			s.Children++
			if words[0] == "Z" {
				s.Zombies++
			}
		}
	}
	return s
}

// A way is a kind of request: a script and the expected response.
type way struct {
	name, script string
	status       int
	whole        bool // the response is complete
	pauses       bool // a child that the system pauses before it dies makes its response begin, as a part with status 200
	leaves       bool // the client disconnects instead of waiting
	body         int  // size of the request body in bytes
}

const plainHead = "printf 'Content-Type: text/plain\\n\\n'; "

var ways = []way{
	{name: "well", script: plainHead + "echo hello", status: 200, whole: true},
	{name: "dead", script: "kill -9 $$", status: 502, whole: true},
	{name: "dead-in-body", script: plainHead + "head -c 100000 /dev/zero; kill -9 $$", status: 200},
	{name: "dead-in-short-body", script: plainHead + "echo part; kill -9 $$", status: 502, whole: true,
		pauses: true},
	{name: "garbage", script: "echo garbage", status: 502, whole: true},
	{name: "long-line", script: "head -c 5000 /dev/zero | tr '\\0' x", status: 502, whole: true},
	{name: "silent", script: "sleep 60", status: 504, whole: true},
	{name: "silent-in-body", script: plainHead + "head -c 5000 /dev/zero; sleep 60 & wait", status: 200},
	{name: "deaf", script: "trap '' TERM; sleep 1; sleep 60", status: 504, whole: true},
	{name: "endless", script: plainHead + "exec yes", status: 200},
	{name: "leaves-one-behind", script: plainHead + "echo hello; sleep 2 &", status: 200, whole: true},
	{name: "leaves-one-and-nothing", script: "sleep 60 &", status: 502, whole: true},
	{name: "no-interpreter", status: 500, whole: true},
	{name: "unread", script: plainHead + "echo hello", status: 200, whole: true, body: 300_000},
	{name: "client-leaves", script: "sleep 60", leaves: true},
	{name: "client-leaves-body", script: "sleep 60", leaves: true, body: 300_000},
	{name: "none", status: 404, whole: true},
}

// scriptDir returns a directory with the script of each way.
func scriptDir(t *testing.T) string {
	dir := t.TempDir()
	for _, w := range ways {
		text := "#!/bin/sh\n" + w.script + "\n"
		switch w.name {
		case "none":
			continue
		case "no-interpreter":
			text = "#!/no/such/interpreter\n"
		}
		if err := os.WriteFile(filepath.Join(dir, w.name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// ask sends the request and returns an error if the response is not as expected.
func (w way) ask(client *http.Client, url string) error {
	if w.leaves {
		return w.leave(url)
	}
	var body io.Reader
	if w.body > 0 {
		body = strings.NewReader(strings.Repeat("x", w.body))
	}
	resp, err := client.Post(url+"/"+w.name, "text/plain", body)
	if err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if w.pauses && resp.StatusCode == 200 && err != nil {
		return nil
	}
	if resp.StatusCode != w.status || w.whole != (err == nil) {
		return fmt.Errorf("%s: status %d, %d bytes, %v; want %d, complete: %t", w.name, resp.StatusCode, n, err,
			w.status, w.whole)
	}
	return nil
}

func (w way) leave(url string) error {
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = fmt.Fprintf(c, "POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", w.name, w.body,
		strings.Repeat("x", w.body))
	time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	return err
}

// median returns the medians of the fields of some states.
func median(of []state) (m state) {
	values := make([]int, len(of))
	middle := func(value func(state) int) int {
		for i, s := range of {
			values[i] = value(s)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return state{
		middle(func(s state) int { return s.Files }), middle(func(s state) int { return s.Goroutines }),
		middle(func(s state) int { return s.Zombies }), middle(func(s state) int { return s.Children }),
		middle(func(s state) int { return s.MemoryMB }), middle(func(s state) int { return s.Marked }),
	}
}

// stepping steps the system clock back and forth until stop is called, which restores it.
func stepping(t *testing.T) (stop func()) {
	step := func(by time.Duration) {
		to := syscall.NsecToTimeval(time.Now().Add(by).UnixNano())
		if err := syscall.Settimeofday(&to); err != nil {
			t.Error("stepping the clock: ", err)
		}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for by := time.Hour; ; by = -by {
			select {
			case <-time.After(time.Second):
				step(by)
			case <-end:
				if by < 0 {
					step(by)
				}
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}
