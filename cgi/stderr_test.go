package cgi_test

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"forktax/bench/testenv"
)

const head = `printf 'Content-Type: text/plain\n\n'; `

// The standard error of a child is in the log when the response is complete, however late and long it is.
func TestStderr(t *testing.T) {
	check := func(script string, want ...string) {
		t.Helper()
		var to testenv.Log
		host := shell(script)
		host.Logger = log.New(&to, "", 0)
		w := ask(host, "/x?y")
		got := strings.Split(strings.TrimSuffix(to.String(), "\n"), "\n")
		for i := range want {
			want[i] = "GET /x?y: " + want[i]
		}
		if w.Code != http.StatusOK || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %d, log of %d lines %.200q; want 200, %.200q", script, w.Code, len(got), got, want)
		}
	}
	check(head+`echo before >&2; exec >&-; echo after >&2; sleep 0.2; echo late >&2; printf end >&2`,
		"before", "after", "late", "end")
	check(head+`printf 'in one' >&2; sleep 0.2; echo ' piece' >&2`, "in one piece")
	check(head+`exec >&-; sleep 0.1; echo once >&2; exec 2>&-; sleep 0.1`, "once") // its pipe is closed before it exits
	check(`printf '\033[2Jgone\rover\n' >&2; `+head, `\x1b[2Jgone\rover`)          // control characters are escaped
	// This is not UTF-8.
	check(`printf '\351\351\351cookie\n' >&2; sleep 0.2; `+head, `\xe9\xe9\xe9cookie`)
	check(`head -c 9000 /dev/zero | tr '\0' x >&2; `+head, strings.Repeat("x", 4096), strings.Repeat("x", 4096),
		strings.Repeat("x", 808))
	line := strings.Repeat("x", 99)
	var lines []string
	for range 7_000 {
		lines = append(lines, line) // 11 times the capacity of a pipe, and 1 MB with what the log adds
	}
	check(`yes `+line+` | head -n 7000 >&2; `+head, lines...)
}

// The limit of the log is for the text as it is logged, with escaped control characters.
func TestEscapedStderr(t *testing.T) {
	var to testenv.Log
	host := shell(`head -c 500000 /dev/zero >&2; ` + head)
	host.Logger = log.New(&to, "", 0)
	ask(host, "/")
	if got := len(to.String()); got < 1_000_000 || got > 1<<20 || !strings.HasSuffix(to.String(), "are not logged\n") {
		t.Errorf("log of %d bytes, which ends with %.60q; want at most 1 MiB, and what is not logged", got,
			to.String()[max(0, got-60):])
	}
}

// The standard error of a slow child is logged while it runs.
func TestStderrOfRunningChild(t *testing.T) {
	var to testenv.Log
	end := filepath.Join(t.TempDir(), "end")
	host := shell(`echo working >&2; until [ -e "$END" ]; do sleep 0.01; done; `+head+`echo done`, "END="+end)
	host.Logger = log.New(&to, "", 0)
	response := make(chan string)
	go func() { response <- ask(host, "/").Body.String() }()
	eventually(t, "the log has the line", func() bool { return to.String() == "GET /: working\n" })
	if err := os.WriteFile(end, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := <-response; got != "done\n" {
		t.Errorf("GET / = %q, want done", got)
	}
}

// The host does not wait for a process that a child leaves behind with its standard error. That holds for children that
// exit at once and for slower ones, also if the process never stops writing.
func TestGrandchildKeepsStandardError(t *testing.T) {
	for name, script := range map[string]string{
		"silent":              head + `sleep 3600 >/dev/null & echo $! >"$PID"; echo said >&2; echo done`,
		"silent, slow child":  head + `sleep 3600 >/dev/null & echo $! >"$PID"; echo said >&2; sleep 0.2; echo done`,
		"writing":             head + `echo said >&2; yes >&2 & echo $! >"$PID"; echo done`,
		"writing, slow child": head + `echo said >&2; yes >&2 & echo $! >"$PID"; sleep 0.2; echo done`,
	} {
		t.Run(name, func(t *testing.T) {
			var to testenv.Log
			pidFile := filepath.Join(t.TempDir(), "pid")
			host := shell(script, "PID="+pidFile)
			host.Logger = log.New(&to, "", 0)
			response := make(chan string)
			go func() { response <- ask(host, "/").Body.String() }()
			select {
			case got := <-response:
				if got != "done\n" || !strings.Contains(to.String(), "GET /: said\n") {
					t.Errorf("GET / = %q, log = %.100q; want done and said", got, &to)
				}
			case <-time.After(patience):
				t.Errorf("no response within %v", patience)
			}
			text, err := os.ReadFile(pidFile)
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			left, err := os.FindProcess(pid)
			if err != nil {
				t.Fatal(err)
			}
			if err := left.Kill(); err != nil && strings.HasPrefix(name, "silent") {
				t.Errorf("killing process %d, which was left behind: %v; want it to be running", pid, err)
			}
		})
	}
}

// The standard error of concurrent children is logged with the request of each.
func TestConcurrentStderr(t *testing.T) {
	const clients, each = 8, 10
	var to testenv.Log
	host := shell(`echo "$QUERY_STRING" >&2; [ "$QUERY_STRING" != slow ] || sleep 0.1; ` + head +
		`echo "$QUERY_STRING" >&2`)
	host.Logger = log.New(&to, "", 0)
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range each {
				query := fmt.Sprintf("%d-%d", c, i)
				if c == 0 {
					query = "slow"
				}
				ask(host, "/?"+query)
			}
		})
	}
	all.Wait()
	lines := strings.Split(strings.TrimSuffix(to.String(), "\n"), "\n")
	if len(lines) != 2*clients*each {
		t.Errorf("log has %d lines, want two for each of %d requests", len(lines), clients*each)
	}
	for _, line := range lines {
		request, text, _ := strings.Cut(line, ": ")
		if request != "GET /?"+text {
			t.Errorf("log line %q, want the output of the request's own child", line)
		}
	}
}
