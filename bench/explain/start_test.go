package explain_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/explain"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// script writes a program and returns its path. No other goroutine may start a process meanwhile: that would have the
// file open for writing until it executes its own, and such a file cannot be executed.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// shell returns a command that runs a script with /bin/sh for GET /.
func shell(t *testing.T, text string) explain.Command {
	t.Helper()
	return command(script(t, "#!/bin/sh\n"+text))
}

func command(path string, args ...string) explain.Command {
	r := contract.Request{Method: "GET", Path: "/"}
	return explain.Command{Path: path, Args: args, Env: explain.Environment(subject.Spec{}, r, path,
		"/usr/local/bin:/usr/bin:/bin")}
}

const header = "echo 'Content-Type: text/plain'; echo; "

func TestRun(t *testing.T) {
	c := shell(t, header+"echo begun; cat; echo oops >&2; exit 3")
	c.Body = "the body"
	s, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := "Content-Type: text/plain\n\nbegun\nthe body"; string(s.Output) != want || string(s.Log) != "oops\n" {
		t.Errorf("Run printed %q and logged %q, want %q and oops", s.Output, s.Log, want)
	}
	if s.State.ExitCode() != 3 {
		t.Errorf("Run = %v, want exit status 3", s.State)
	}
	if s.Exec <= 0 || s.FirstByte < s.Exec || s.Ended < s.FirstByte {
		t.Errorf("Run = exec %v, first byte %v, ended %v, want them in this order", s.Exec, s.FirstByte, s.Ended)
	}
	if s.CPU <= 0 || s.System < 0 || s.System > s.CPU || s.MinorFaults == 0 {
		t.Errorf("Run = CPU %v, %v of it system time, %d page faults", s.CPU, s.System, s.MinorFaults)
	}
}

// FirstByte is the time of the first byte, not of the whole output.
func TestRunStampsTheFirstByte(t *testing.T) {
	s, err := shell(t, header+"sleep 1").Run(t.Context())
	if err != nil || s.Ended-s.FirstByte < 300*time.Millisecond {
		t.Errorf("Run = first byte %v, ended %v, %v, want one second between them", s.FirstByte, s.Ended, err)
	}
	if s, err := shell(t, "").Run(t.Context()); err != nil || s.FirstByte != 0 {
		t.Errorf("Run of a program without output = first byte %v, %v, want 0", s.FirstByte, err)
	}
}

// A program gets the environment of a CGI host, and inherits nothing from this process.
func TestEnvironment(t *testing.T) {
	t.Setenv("FORKTAX_SECRET", "1")
	r := contract.Request{Method: "POST", Path: "/a/b?c=d&e", Body: "12345",
		Headers: map[string]string{"Content-Type": "text/x", "X-One": "1"}}
	path := script(t, "#!/bin/sh\n"+header+"/usr/bin/env; pwd")
	c := explain.Command{Path: path, Env: explain.Environment(subject.Spec{}, r, path, "/bin"), Body: r.Body}
	s, err := c.With("MINE=a=b", "PATH=/usr/bin:/bin").Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := string(s.Output)
	for _, want := range []string{"GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=POST", "PATH_INFO=/a/b",
		"QUERY_STRING=c=d&e", "REQUEST_URI=/a/b?c=d&e", "SERVER_PROTOCOL=HTTP/1.1", "SERVER_NAME=localhost",
		"SERVER_PORT=80", "SCRIPT_NAME=",
		"CONTENT_LENGTH=5", "CONTENT_TYPE=text/x", "HTTP_X_ONE=1", "MINE=a=b", "PATH=/usr/bin:/bin", filepath.Dir(path)} {
		if !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("the environment lacks %q:\n%s", want, got)
		}
	}
	for _, unwanted := range []string{"FORKTAX_SECRET", "HTTP_CONTENT_TYPE", "PATH=/bin\n"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("the environment has %q:\n%s", unwanted, got)
		}
	}
}

// alive creates a FIFO. Function ended waits until no process has it open for writing, so that all processes that
// inherited it have ended. It returns an error if that takes too long.
func alive(t *testing.T) (path string, ended func() error) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_, _ = os.ReadFile(path) // returns when all writers have closed it
		close(done)
	}()
	return path, func() error {
		select {
		case <-done:
			return nil
		case <-time.After(20 * time.Second):
			return errors.New("a process is still running")
		}
	}
}

func TestRunIsBounded(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"it hangs":                       {"sleep 1000", "did not end within"},
		"it responds and hangs":          {header + "sleep 1000", "did not end within"},
		"its child never stops writing":  {header + "yes & ", "wrote more than 64 MB"},
		"it closes its output and hangs": {header + "exec >&- 2>&-; sleep 1000", "did not end within"},
		"it ignores signals":             {"trap '' TERM INT HUP; while :; do sleep 1000; done", "did not end within"},
		"it never stops writing":         {"exec yes", "wrote more than 64 MB"},
		"it never stops logging":         {header + "exec yes >&2", "wrote more than 64 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			open, ended := alive(t)
			c := shell(t, "exec 9>"+open+"\n"+test.text)
			c.Limit = 500 * time.Millisecond
			if strings.Contains(test.text, "yes") {
				c.Limit = 20 * time.Second
			}
			_, err := c.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), c.Path) {
				t.Errorf("Run = %v, want an error with %q", err, test.want)
			}
			if err := ended(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Processes that a program leaves running with its output open do not count in its time. Run waits for them as the host
// of package cgi does, and kills them.
func TestRunWithLeftovers(t *testing.T) {
	for name, test := range map[string]struct {
		text   string
		killed bool
		want   string // output after the header
	}{
		"short":               {"sleep 0.1 &", false, "done\n"},
		"0.3 s":               {"sleep 0.3 &", true, "done\n"},
		"30 s":                {"sleep 30 &", true, "done\n"},
		"endless":             {"(trap '' TERM HUP; while :; do sleep 1000; done) &", true, "done\n"},
		"with further output": {"(sleep 0.05; echo more; sleep 30) &", true, "done\nmore\n"},
	} {
		t.Run(name, func(t *testing.T) {
			open, ended := alive(t)
			s, err := shell(t, header+"echo done; exec 9>"+open+"; "+test.text).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(string(s.Output), "\n\n"+test.want) || !s.State.Success() {
				t.Errorf("Run = output %q, %v, want %q and exit status 0", s.Output, s.State, test.want)
			}
			if killed := len(s.Holders) > 0; killed != test.killed || s.Held <= 0 || s.Ended < s.FirstByte {
				t.Errorf("Run = ended %v, held %v by %q, want killed: %t", s.Ended, s.Held, s.Holders, test.killed)
			}
			if strings.HasPrefix(test.text, "sleep") && test.killed && !strings.HasPrefix(s.Holders[0], "sleep ") {
				t.Errorf("Run = held by %q, want a sleep command", s.Holders)
			}
			if err := ended(); err != nil {
				t.Error(err)
			}
		})
	}
	s, err := shell(t, header+"sleep 0.3; sleep 0.3 >&-").Run(t.Context())
	if err != nil || s.Held > 0 || s.Holders != nil {
		t.Errorf("Run of a program that leaves no process = held %v by %q, %v", s.Held, s.Holders, err)
	}
}

// Processes that a program leaves running are killed, also after a successful exit.
func TestRunLeavesNothing(t *testing.T) {
	open, ended := alive(t)
	if _, err := shell(t, header+"exec 9>"+open+"; sleep 1000 >/dev/null 2>&1 & ").Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ended(); err != nil {
		t.Error(err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	open, ended := alive(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	time.AfterFunc(100*time.Millisecond, func() { cancel(stopped) })
	if _, err := shell(t, "exec 9>"+open+"; sleep 1000").Run(ctx); !errors.Is(err, stopped) {
		t.Errorf("Run = %v, want %v", err, stopped)
	}
	if err := ended(); err != nil {
		t.Error(err)
	}
}

// A daemon leaves its process group and its parent. It is still found.
func TestAdoptOrphans(t *testing.T) {
	setsid, err := exec.LookPath("setsid")
	if err != nil {
		t.Fatal("setsid, of util-linux, is not installed")
	}
	defer explain.AdoptOrphans()()
	open, ended := alive(t)
	daemon := fmt.Sprintf("exec 9>%s; (%s sh -c 'sleep 1000 & sleep 1000' >/dev/null 2>&1 &)", open, setsid)
	if _, err := shell(t, header+daemon).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ended(); err != nil {
		t.Error(err)
	}
}

func TestRunOfWhatCannotBeStarted(t *testing.T) {
	file := func(mode os.FileMode, text string) string {
		path := script(t, text)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, test := range map[string]struct{ path, want string }{
		"it does not exist":      {filepath.Join(t.TempDir(), "none"), "no such file"},
		"it may not be executed": {file(0o644, "#!/bin/sh\n"), "chmod +x"},
		"it is not a program":    {file(0o755, "hello"), "neither a program for this machine nor a script"},
		"it is empty":            {file(0o755, ""), "must be a program for this machine or a script"},
		"it is a directory":      {t.TempDir(), "permission denied"},
		"its interpreter is missing": {file(0o755, "#!/no/such/thing -x\n"),
			"an interpreter that does not exist, /no/such/thing"},
		"its interpreter is a directory": {file(0o755, "#!/tmp\n"), "permission denied"},
	} {
		_, err := command(test.path).Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "starting "+test.path) {
			t.Errorf("%s: Run = %v, want an error with %q", name, err, test.want)
		}
	}
}

func TestResponseTellsHowItEnded(t *testing.T) {
	s, err := shell(t, "echo 'out of memory' >&2; kill -SEGV $$").Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Response()
	for _, want := range []string{"printed nothing", "segmentation fault", "out of memory"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Response = %v, want an error with %q", err, want)
		}
	}
}
