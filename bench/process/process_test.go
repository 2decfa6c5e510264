package process_test

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/process"
)

// patience is a timeout for tests that would otherwise hang; no test is expected to reach it.
const patience = 20 * time.Second

// started runs a script with /bin/sh, and waits for its first line of output.
func started(t *testing.T, text string) *process.Process {
	t.Helper()
	p, err := process.Start(exec.Command("/bin/sh", "-c", text), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(patience, nil) })
	line, err := p.FirstLine(t.Context())
	if err != nil || line != "ready" {
		t.Fatalf("FirstLine = %q, %v, want ready", line, err)
	}
	return p
}

func TestComplaints(t *testing.T) {
	long := strings.Repeat("é", 400)
	for name, test := range map[string]struct {
		log  string
		want []string
	}{
		"nothing": {"", nil},
		"lines that differ in numbers": {`
echo "guestbook cgi: 2026/11/22 18:28:23 GET /entries/4711: dial tcp 127.0.0.1:41749: connection refused" >&2
echo "guestbook cgi: 2026/11/22 18:28:24 GET /entries/4712: dial tcp 127.0.0.1:41750: connection refused" >&2
echo "2026/11/22 18:28:24 something else" >&2`,
			[]string{"guestbook cgi: GET /entries/4711: dial tcp 127.0.0.1:41749: connection refused", "something else"}},
		"more kinds than reported": {"for kind in a b c d e f g; do echo $kind >&2; done", []string{"a", "b", "c", "d", "e"}},
		"a long line":              {"echo " + long + " >&2", []string{long[:300] + "…"}},
		"many lines: the first ones, with the cause, and the last": {
			"echo the cause >&2; seq 1 100000 >&2; echo the end >&2", []string{"the cause", "1", "the end"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := started(t, test.log+"\necho ready")
			<-p.Gone() // the log is complete now
			got := p.LogLines()
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("LogLines (-want +got):\n%s", diff)
			}
			if got := p.LogLines(); got != nil {
				t.Errorf("second LogLines = %q, want nothing", got)
			}
		})
	}
}

// Processes that a command left running are killed, even if the command succeeded.
func TestOutputLeavesNothing(t *testing.T) {
	for _, status := range []string{"0", "1"} {
		cmd := exec.Command("/bin/sh", "-c", "sleep 1000 >/dev/null 2>&1 & exit "+status)
		out, err := process.Output(t.Context(), patience, cmd)
		if (err == nil) != (status == "0") {
			t.Fatalf("Output of exit %s = %q, %v", status, out, err)
		}
		group := cmd.Process.Pid
		for begin := time.Now(); syscall.Kill(-group, 0) == nil; time.Sleep(time.Millisecond) {
			if time.Since(begin) > patience {
				t.Fatalf("Output of exit %s: a background process still runs", status)
			}
		}
	}
}

// Stop sends StopSignal instead of SIGTERM, if it is set.
func TestEnd(t *testing.T) {
	const text = "trap 'exit 3' INT; trap '' TERM; echo ready; while :; do sleep 0.01; done"
	p, err := process.Start(exec.Command("/bin/sh", "-c", text), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.FirstLine(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.StopSignal = syscall.SIGINT
	if err := p.Stop(patience, nil); err == nil || !strings.Contains(err.Error(), "it ended (exit status 3)") {
		t.Errorf("Stop = %v, want exit status 3", err)
	}
}
