package process_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/process"
)

func init() {
	supervise = func() bool {
		if len(os.Args) < 2 || os.Args[1] != process.SuperviseCommand {
			return false
		}
		if err := process.Supervise(os.Stdin, os.Stdout, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return true
	}
}

// supervised runs a script with /bin/sh under a supervisor. Its processes are found by a mark, a variable in their
// environment.
func supervised(t *testing.T, text string, limit time.Duration) (p *process.Process, mark string) {
	t.Helper()
	mark = "SUPERVISED_TEST=" + t.Name()
	cmd := exec.Command("/bin/sh", "-c", text)
	cmd.Env = append(os.Environ(), mark)
	p, err := process.StartSupervised(process.Supervision{Forktax: os.Args[0], Limit: limit}, cmd, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.AnyExit = true
	return p, mark
}

// marked returns the processes with the mark.
func marked(mark string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		if bytes.Contains(append([]byte{0}, text...), []byte("\x00"+mark+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			pids = append(pids, pid)
		}
	}
	return pids
}

func nothingIsLeft(t *testing.T, mark string) {
	t.Helper()
	if left := marked(mark); len(left) > 0 {
		t.Errorf("processes %v still run", left)
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// awaitMarked waits until n processes have the mark.
func awaitMarked(t *testing.T, mark string, n int) {
	t.Helper()
	for end := time.Now().Add(patience); len(marked(mark)) != n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d processes run, want %d", len(marked(mark)), n)
		}
	}
}

// awaitDeaf waits until a process with the mark ignores SIGTERM, if wanted.
func awaitDeaf(t *testing.T, mark string, wanted bool) {
	t.Helper()
	ignored := regexp.MustCompile(`(?m)^SigIgn:\t[0-9a-f]*[4-7c-f][0-9a-f]{3}$`) // the bit of signal 15 is 1<<14
	for end := time.Now().Add(patience); wanted; time.Sleep(5 * time.Millisecond) {
		for _, pid := range marked(mark) {
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			wanted = wanted && !ignored.Match(status)
		}
		if time.Now().After(end) {
			t.Fatal("no process ignores SIGTERM")
		}
	}
}

// daemon starts sleep as an orphan in a new session.
const daemon = "setsid sh -c 'sleep 1000 & exit 0' & wait; "

func TestSupervisedEnd(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"success":   {"exit 0", "it ended (exit status 0) and logged nothing"},
		"failure":   {"echo cannot bind >&2; exit 3", "it ended (exit status 3); last log lines:\n  cannot bind"},
		"by signal": {"kill -SEGV $$", "it ended (signal: segmentation fault) and logged nothing"},
		"background": {"sleep 1000 & exit 0",
			`it went to the background: it ended (exit status 0) and left "sleep 1000" (process `},
		"daemon": {"echo begun >&2; " + daemon + "exit 0",
			`(exit status 0) and left "sleep 1000" (process `},
		"with a child that ends": {"sleep 0.05 & exit 0", "it ended (exit status 0) and logged nothing"},
		"failure with a child":   {daemon + "exit 2", "it ended (exit status 2) and logged nothing"},
		"several are left": {"for i in 1 2 3 4 5; do sleep 1000 & done",
			"), 2 more, which forktax ended; start the server in the foreground"},
		"signals to its group": {"trap 'exit 7' TERM; kill 0; sleep 1", "it ended (exit status 7)"},
		"missing program":      {"exec /none", "it ended (exit status 127); last log lines:\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, mark := supervised(t, test.text, patience)
			select {
			case why := <-p.Gone():
				if !strings.Contains(why.Error(), test.want) {
					t.Errorf("Gone yields %q, want %q in it", why, test.want)
				}
			case <-time.After(patience):
				t.Error("Gone yields nothing")
			}
			nothingIsLeft(t, mark)
			if err := p.StopSupervised(patience, nil); err != nil {
				t.Errorf("StopSupervised = %v", err)
			}
		})
	}
}

func TestStopSupervised(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	const (
		deaf       = "trap '' TERM; while :; do sleep 0.05; done"
		deafDaemon = "setsid sh -c \"trap '' TERM; exec sleep 1000\" & exec sleep 1000"
	)
	tests := map[string]struct {
		text   string
		limit  time.Duration
		atOnce <-chan struct{}
		want   string // part of the error; "": no error
		runs   int    // number of processes
	}{
		"ends by SIGTERM":        {"exec sleep 1000", patience, nil, "", 1},
		"ends by closed input":   {"read line; exit 0", patience, nil, "", 1},
		"with a daemon":          {daemon + "exec sleep 1000", patience, nil, "", 2},
		"daemon ignores SIGTERM": {deafDaemon, 100 * time.Millisecond, nil, "did not stop within 0.1 s", 2},
		"ignores SIGTERM":        {deaf, 100 * time.Millisecond, nil, "did not stop within 0.1 s and was killed", 2},
		"killed at once":         {deaf, patience, closed, "", 2},
		"daemon killed at once":  {deafDaemon, patience, closed, "", 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, mark := supervised(t, test.text, test.limit)
			awaitMarked(t, mark, test.runs+1) // including the supervisor
			awaitDeaf(t, mark, strings.Contains(test.text, "trap"))
			err := p.StopSupervised(test.limit, test.atOnce)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("StopSupervised = %v, want %q", err, test.want)
			}
			nothingIsLeft(t, mark)
		})
	}
}

// A command ends with the process that started it, even if that is killed: then the supervisor's input ends.
func TestSupervisorEndsWithItsParent(t *testing.T) {
	mark := "SUPERVISED_TEST=" + t.Name()
	cmd := exec.Command(os.Args[0], process.SuperviseCommand, "100ms", "", "/bin/sh", "-c", daemon+"exec sleep 1000")
	cmd.Env = append(os.Environ(), mark)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	awaitMarked(t, mark, 3)
	out.Close()
	in.Close()
	_ = cmd.Wait() // an error because of the closed output does not matter
	nothingIsLeft(t, mark)
}

// If the supervisor itself is killed, remaining processes are found by its mark.
func TestSupervisorIsKilled(t *testing.T) {
	p, mark := supervised(t, daemon+"exec sleep 1000", patience)
	awaitMarked(t, mark, 3)
	if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.Gone()
	awaitMarked(t, mark, 0)
	_ = p.StopSupervised(patience, nil)
}

// For an unprivileged user, who has no control group, no process is left either.
func TestSupervisedAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("already running as an unprivileged user")
	}
	const nobody = 65534
	cmd := exec.Command("/proc/self/exe", "-test.run=^(TestSupervisedEnd|TestStopSupervised)$", "-test.v")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n--- PASS") != 2 {
		t.Errorf("as user %d: %v\n%s", nobody, err, out)
	}
}
