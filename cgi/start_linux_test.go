package cgi_test

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"forktax/bench/testenv"
	"forktax/cgi"
	"forktax/workload/contract"
)

// A child starts with the limits and signals of any process, whatever its host has changed for itself.
func TestStateOfChild(t *testing.T) {
	const script = `ulimit -Sn; grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status`
	h := shell(textHead + script)
	got := ask(h, "/").Body.String()
	cmd := exec.Command("/bin/sh", "-c", script) // package syscall restores the limit
	cmd.Stdin = strings.NewReader("")
	want, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("a child has\n%s\na process that package os/exec starts has\n%s", got, want)
	}
}

// The limits stand before the program begins, so they hold for all that it starts.
func TestLimitsBeforeExec(t *testing.T) {
	h := shell(textHead + `(ulimit -v; ulimit -t; ulimit -p) & wait`)
	h.Limits = contract.ChildLimits{Memory: 1 << 30, CPU: 7e9, Processes: 10_000}
	for range 20 {
		if got := ask(h, "/").Body.String(); got != "1048576\n7\n10000\n" {
			t.Fatalf("limits of a grandchild = %q, want 1048576, 7, 10000", got)
		}
	}
}

// A script that ends its process group ends neither the host nor other children.
func TestKillZero(t *testing.T) {
	addr, _ := served(t, shell(textHead+`echo hello; exec >&-; trap 'kill 0' EXIT`))
	for range 3 {
		if status, _, _ := asks(t, addr, "/"); status != http.StatusBadGateway { // the script is killed, too
			t.Errorf("status %d, want 502", status)
		}
	}
}

// A program whose name begins with nph- writes the whole HTTP response.
func TestNPH(t *testing.T) {
	dir := t.TempDir()
	for name, prints := range map[string]string{
		"nph-whole": `HTTP/1.1 203 Odd\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nhello`,
		"nph-cgi":   `Content-Type: text/plain\n\nhello`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\nprintf '"+prints+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	addr, logged := served(t, &cgi.Host{Path: dir})
	if status, body, whole := asks(t, addr, "/nph-whole"); status != 203 || body != "hello" || !whole {
		t.Errorf("nph-whole: %d %q, complete: %t; want 203 hello", status, body, whole)
	}
	if status, _, _ := asks(t, addr, "/nph-cgi"); status != http.StatusBadGateway ||
		!strings.Contains(logged.String(), "does not begin with an HTTP status line") {
		t.Errorf("nph-cgi: %d, log = %q; want 502", status, logged)
	}
}

// A child can log much, but not without bound.
func TestBoundOfLog(t *testing.T) {
	var to testenv.Log
	h := shell(textHead + `yes 0123456789 | head -c 3000000 >&2`)
	h.Logger = log.New(&to, "", 0)
	ask(h, "/")
	text := to.String()
	if n := strings.Count(text, "0123456789"); n < 18_000 || n > 21_000 {
		t.Errorf("%d lines are logged, want 1 MiB with the time and request of each", n)
	}
	if !strings.HasSuffix(text, " more bytes on standard error are not logged\n") {
		t.Errorf("log ends in %q, want what is missing", text[max(0, len(text)-80):])
	}
}

// A child has no open files of its host, also if they are not closed on exec.
func TestManyOpenFiles(t *testing.T) {
	h := shell(textHead + `ls /proc/self/fd | tr '\n' ' '`)
	for i := range 500 {
		if i%100 == 0 {
			if got := ask(h, "/").Body.String(); got != "0 1 2 3 " { // 3 is the directory
				t.Fatalf("with %d more open files, a child has %s, want 0 1 2 3", i, got)
			}
		}
		fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY, 0) // without O_CLOEXEC
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(fd)
	}
}

// A host of net/http/cgi serves a child of this package, and counts it.
func TestLibrary(t *testing.T) {
	l := &cgi.Library{Path: self(t), Dir: "/", Env: childEnv(), Reports: true}
	_ = l.Children() // records children from now on
	for range 3 {
		if w := ask(l, "/hello"); w.Code != http.StatusOK || w.Body.String() != "hello" {
			t.Fatalf("GET = %d %q, want 200 hello", w.Code, w.Body)
		}
	}
	if got := l.Stats(); got.Started != 3 || got.Connections != 6 || got.PeakMemoryBytes == 0 {
		t.Errorf("Stats() = %+v, want three children with six connections", got)
	}
	children := l.Children()
	if len(children) != 3 || children[0].PID == 0 || children[0].EndedNS <= children[0].BeganNS {
		t.Errorf("Children() = %+v, want three with PIDs", children)
	}
	var to testenv.Log
	missing := &cgi.Library{Path: "/no/such/program", Dir: "/", Logger: log.New(&to, "", 0)}
	if w := ask(missing, "/"); w.Code != http.StatusInternalServerError || missing.Stats().Failed != 1 {
		t.Errorf("GET = %d, Stats() = %+v; want 500 and one failed", w.Code, missing.Stats())
	}
	if !strings.Contains(to.String(), "no such file") {
		t.Errorf("log = %q, want the error", fmt.Sprint(&to))
	}
}
