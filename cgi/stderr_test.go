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
)

const head = `printf 'Content-Type: text/plain\n\n'; `

// What a child says is in the log with its request when the answer is complete, whenever it says it and how much it is.
func TestChildComplains(t *testing.T) {
	check := func(script string, want ...string) {
		t.Helper()
		var to logBuffer
		host := shell(script)
		host.Logger = log.New(&to, "", 0)
		w := ask(host, "/x?y")
		got := strings.Split(strings.TrimSuffix(to.String(), "\n"), "\n")
		for i := range want {
			want[i] = "GET /x?y: " + want[i]
		}
		if w.Code != http.StatusOK || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %d, and the log has %d lines, %.200q, want 200 and %.200q", script, w.Code, len(got), got, want)
		}
	}
	check(head+`echo before >&2; exec >&-; echo after >&2; sleep 0.2; echo late >&2; printf end >&2`,
		"before", "after", "late", "end")
	check(head+`printf 'in one' >&2; sleep 0.2; echo ' piece' >&2`, "in one piece")
	check(head+`exec >&-; sleep 0.1; echo once >&2; exec 2>&-; sleep 0.1`, "once") // its pipe ends before it does
	check(`printf '\033[2Jgone\rover\n' >&2; `+head, `\x1b[2Jgone\rover`)          // it steers no terminal
	line := strings.Repeat("x", 99)
	var lines []string
	for range 10_000 {
		lines = append(lines, line) // a megabyte with the ends of lines, sixteen times what a pipe holds
	}
	check(`yes `+line+` | head -n 10000 >&2; `+head, lines...)
}

// Who waits for a slow answer can read meanwhile what its child says.
func TestChildComplainsWhileItLives(t *testing.T) {
	var to logBuffer
	end := filepath.Join(t.TempDir(), "end")
	host := shell(`echo working >&2; until [ -e "$END" ]; do sleep 0.01; done; `+head+`echo done`, "END="+end)
	host.Logger = log.New(&to, "", 0)
	answer := make(chan string)
	go func() { answer <- ask(host, "/").Body.String() }()
	eventually(t, "the log has the line", func() bool { return to.String() == "GET /: working\n" })
	if err := os.WriteFile(end, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got != "done\n" {
		t.Errorf("GET / = %q, want done", got)
	}
}

// A process that a child leaves behind, with the standard error that it was given, is not waited for: neither by the
// request of a child that ended at once, nor by that of one that lived for a while, and not if it never stops to speak.
func TestGrandchildKeepsStandardError(t *testing.T) {
	for name, script := range map[string]string{
		"silent":                       head + `sleep 3600 >/dev/null & echo $! >"$PID"; echo said >&2; echo done`,
		"silent, of one that lived":    head + `sleep 3600 >/dev/null & echo $! >"$PID"; echo said >&2; sleep 0.2; echo done`,
		"talkative":                    head + `yes >&2 & echo $! >"$PID"; echo said >&2; echo done`,
		"talkative, of one that lived": head + `yes >&2 & echo $! >"$PID"; echo said >&2; sleep 0.2; echo done`,
	} {
		t.Run(name, func(t *testing.T) {
			var to logBuffer
			pidFile := filepath.Join(t.TempDir(), "pid")
			host := shell(script, "PID="+pidFile)
			host.Logger = log.New(&to, "", 0)
			answer := make(chan string)
			go func() { answer <- ask(host, "/").Body.String() }()
			select {
			case got := <-answer:
				if got != "done\n" || !strings.Contains(to.String(), "GET /: said\n") {
					t.Errorf("GET / = %q, the log has %.100q; want done and said", got, &to)
				}
			case <-time.After(patience):
				t.Errorf("no answer within %v", patience)
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
				t.Errorf("ending process %d that was left behind: %v; want that it was not waited for", pid, err)
			}
		})
	}
}

// Many at once keep their words apart.
func TestManyComplain(t *testing.T) {
	const clients, each = 8, 10
	var to logBuffer
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
		t.Errorf("%d lines, want two of each of %d requests", len(lines), clients*each)
	}
	for _, line := range lines {
		request, said, _ := strings.Cut(line, ": ")
		if request != "GET /?"+said {
			t.Errorf("the log has %q, want what the request's own child said", line)
		}
	}
}
