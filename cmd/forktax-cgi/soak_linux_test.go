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
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var (
	soakFor   = flag.Duration("soak", 3*time.Second, "how long TestSoak goes on; a minute at the least has it look for growth")
	stepClock = flag.Bool("step-clock", false,
		"have TestSoak step the system's clock by an hour, on and back, each second: for root, where nothing else runs")
)

// hostVariable has the test binary be the program that is tested.
const hostVariable = "SCRIPT_TEST_HOST"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "metrics" { // as an exporter that hands on what it gets
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

// A host is the program in a process of its own.
type host struct {
	*testing.T
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
	if b.text.Len() > 1<<20 { // enough to see what is wrong
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
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h := &host{T: t, cmd: exec.Command(self, append([]string{"serve", "-model", "cgi"}, flags...)...)}
	h.cmd.Env = append(os.Environ(), hostVariable+"=1", pathVariable+"="+path, "FORKTAX_EXPORTER="+self)
	h.cmd.Stderr = &h.log
	stdout, err := h.cmd.StdoutPipe()
	if err == nil {
		err = h.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if _, scanned := fmt.Sscanf(line, "ready %s %s\n", &h.url, &h.admin); scanned != nil {
		t.Fatalf("serve printed %q (%v)", line, err)
	}
	t.Cleanup(func() {
		h.cmd.Process.Signal(os.Interrupt)
		if err := h.cmd.Wait(); err != nil {
			t.Errorf("the host ended with %v; its log begins:\n%.2000s", err, h.log.String())
		}
	})
	return h
}

// A state is what a host has of things that must not grow.
type state struct{ Files, Goroutines, Zombies, Children, MemoryMB int }

func (h *host) state() (s state) {
	h.Helper()
	resp, err := http.Get(h.admin + "/metrics") // which the exporter, for the test, hands on as it gets them
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
	for _, file := range stats {
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

// A way is one in which a request goes, by a script of its own, and what its client must get.
type way struct {
	name, script string
	status       int
	whole        bool // the answer is complete
	leaves       bool // the client goes away in place of waiting
	body         int  // bytes that the request has
}

const plainHead = "printf 'Content-Type: text/plain\\n\\n'; "

var ways = []way{
	{name: "well", script: plainHead + "echo hello", status: 200, whole: true},
	{name: "dead", script: "kill -9 $$", status: 502, whole: true},
	{name: "dead-in-answer", script: plainHead + "head -c 100000 /dev/zero; kill -9 $$", status: 200},
	{name: "dead-in-short-answer", script: plainHead + "echo part; kill -9 $$", status: 502, whole: true},
	{name: "garbage", script: "echo garbage", status: 502, whole: true},
	{name: "long-line", script: "head -c 5000 /dev/zero | tr '\\0' x", status: 502, whole: true},
	{name: "silent", script: "sleep 60", status: 504, whole: true},
	{name: "silent-in-answer", script: plainHead + "head -c 5000 /dev/zero; sleep 60 & wait", status: 200},
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

// folderOf makes a script of each way.
func folderOf(t *testing.T) string {
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

// ask sends the request and says what is wrong with the answer.
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
	if resp.StatusCode != w.status || w.whole != (err == nil) {
		return fmt.Errorf("%s: status %d, %d bytes, %v; want %d, complete: %t", w.name, resp.StatusCode, n, err, w.status, w.whole)
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

// A host under load, with one request in twenty going wrong in one of many ways, gives each its right answer, and nothing
// grows. See task soak, which takes ten minutes.
func TestSoak(t *testing.T) {
	const clients, wrongEvery = 64, 20
	h := startHost(t, folderOf(t), "-idle-timeout", "3s", "-max-answer", "1MiB", "-max-children", "64")
	if *stepClock {
		defer stepping(t)()
	}
	end := time.Now().Add(*soakFor)
	var right, wrong atomic.Int64
	counts, wrongs := make([]atomic.Int64, len(ways)), make([]atomic.Int64, len(ways))
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
			defer client.CloseIdleConnections()
			for n := i; time.Now().Before(end); n++ {
				k := 0
				if n%wrongEvery == 0 {
					k = 1 + n/wrongEvery%(len(ways)-1)
				}
				counts[k].Add(1)
				if err := ways[k].ask(client, h.url); err != nil {
					wrong.Add(1)
					if wrongs[k].Add(1) <= 2 {
						t.Error(err)
					}
					continue
				}
				right.Add(1)
			}
		})
	}
	var states []state // by the second
	for time.Now().Before(end) {
		states = append(states, h.state())
		time.Sleep(time.Second)
	}
	all.Wait()
	t.Logf("%d right answers, %d wrong", right.Load(), wrong.Load())
	for i, w := range ways {
		t.Logf("%8d %-24s %d of them wrong", counts[i].Load(), w.name, wrongs[i].Load())
	}
	const minute = 60
	first, later := median(states[:min(minute, len(states))]), median(states[max(0, len(states)-minute):])
	t.Logf("in the first minute %+v, in the last %+v", first, later)
	if grows := func(from, to int) bool { return to > from+from/5 }; *soakFor > time.Minute && (grows(first.Files, later.Files) ||
		grows(first.Goroutines, later.Goroutines) || grows(first.MemoryMB, later.MemoryMB) || later.Zombies > first.Zombies+1) {
		t.Errorf("it grows: in the first minute %+v, in the last %+v", first, later)
	}
	var last state
	for wait := time.Now().Add(30 * time.Second); time.Now().Before(wait); time.Sleep(100 * time.Millisecond) {
		if last = h.state(); last.Children == 0 && last.Files < 30 && last.Goroutines < 30 {
			return
		}
	}
	t.Errorf("after the load it still has %+v", last)
}

// median has the medians of some states, one by one.
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
		middle(func(s state) int { return s.MemoryMB }),
	}
}

// stepping steps the clock until stop is called, which leaves it right.
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

// An overload gives only 200 and 503, and when it is over, all is as it was before.
func TestOverload(t *testing.T) {
	const clients, atOnce, queue = 1000, 32, 64
	h := startHost(t, filepath.Join(folderOf(t), "well"), "-max-children", fmt.Sprint(atOnce), "-queue", fmt.Sprint(queue))
	length := min(max(*soakFor/10, time.Second), 10*time.Second)
	middle := func() time.Duration {
		var took []time.Duration
		for end := time.Now().Add(length / 2); time.Now().Before(end); {
			begin := time.Now()
			if err := ways[0].ask(http.DefaultClient, h.url); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	before := middle()
	var counts sync.Map
	var all sync.WaitGroup
	end := time.Now().Add(length)
	for range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
			defer client.CloseIdleConnections()
			for time.Now().Before(end) {
				resp, err := client.Get(h.url)
				what := fmt.Sprint(err)
				if err == nil {
					_, err := io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					if what = resp.Status; err != nil {
						what = err.Error()
					}
				}
				n, _ := counts.LoadOrStore(what, new(atomic.Int64))
				n.(*atomic.Int64).Add(1)
			}
		})
	}
	all.Wait()
	counts.Range(func(what, n any) bool {
		t.Logf("%8d %s", n.(*atomic.Int64).Load(), what)
		if what != "200 OK" && what != "503 Service Unavailable" {
			t.Errorf("%d answers were %q, want 200 and 503 only", n.(*atomic.Int64).Load(), what)
		}
		return true
	})
	time.Sleep(time.Second)
	after := middle()
	t.Logf("median before %v, a second after %v", before, after)
	if *soakFor >= time.Minute && (after > before*12/10 || before > after*12/10) {
		t.Errorf("the median was %v before, and is %v a second after", before, after)
	}
}
