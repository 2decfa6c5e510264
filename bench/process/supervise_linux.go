package process

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/account"
)

const canSupervise = true

const (
	backgroundGrace = 300 * time.Millisecond // time for descendants of a command to end after it
	askStep         = 50 * time.Millisecond  // pause between two searches for processes that have to be asked to end
	superviseStep   = 5 * time.Millisecond   // pause between two checks for remaining processes
	killLimit       = 2 * time.Second        // limit on killing processes, which may belong to another user
	orphanLimit     = 5 * time.Second        // limit on stopping if the process that started the supervisor has died
	atOnceLimit     = time.Second            // limit on the killing of all processes by a supervisor
)

// atOnceSignal makes a supervisor kill all its processes.
const atOnceSignal = unix.SIGQUIT

// A supervisor is the parent process of a command. As subreaper it becomes the parent of all processes that the command
// leaves behind. So they can be found and ended without root, and their resource usage is counted.
type supervisor struct {
	parent  int                  // PID of the process that started the supervisor
	command int                  // PID of the command
	ended   chan unix.WaitStatus // receives how the command ended
	all     chan struct{}        // closed when no process is left
}

// Supervise runs a command until the end of in or the end of the command. It then prints a line that reports how the
// command ended. When it returns, no process started by the command is left.
func Supervise(in io.Reader, out io.Writer, args []string) error {
	limit, group, command, err := superviseArgs(args)
	if err != nil {
		return err
	}
	parent := os.Getppid()
	signal.Reset() // removes the handlers that end a forktax command in order
	atOnce := make(chan os.Signal, 1)
	signal.Notify(atOnce, atOnceSignal)
	// Catch and drop signals that a command sends to its group, and SIGPIPE of a closed output.
	signal.Notify(make(chan os.Signal, 1), unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGPIPE)
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming a child subreaper: %w", err)
	}
	s, input, err := supervised(command)
	if err != nil {
		return err
	}
	s.parent = parent
	stopped := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, in) // only its end matters
		close(stopped)
	}()
	var line string
	select {
	case status := <-s.ended:
		line = s.afterEnd(status)
	case <-stopped:
		input.Close()
		line = s.stop(limit, atOnce)
	case <-atOnce:
		line = killedLine + "0s"
	}
	s.killAll()
	_, err = fmt.Fprintln(out, line)
	if err != nil { // the process that started the supervisor is dead
		leaveGroup(group)
	}
	return err
}

// supervised starts the command. Closing input makes the command stop.
func supervised(command []string) (s *supervisor, input io.Closer, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, err
	}
	defer null.Close()
	p, err := os.StartProcess(command[0], command, &os.ProcAttr{Files: []*os.File{r, null, os.Stderr},
		Env: append(os.Environ(), supervisedMark(os.Getpid()))})
	if err != nil {
		return nil, nil, err
	}
	s = &supervisor{command: p.Pid, ended: make(chan unix.WaitStatus, 1), all: make(chan struct{})}
	_ = p.Release() // reap waits for it
	go s.reap()
	return s, w, nil
}

// reap waits for all children, including orphans that this process adopts.
func (s *supervisor) reap() {
	defer close(s.all)
	for {
		var status unix.WaitStatus
		switch pid, err := unix.Wait4(-1, &status, 0, nil); {
		case err == unix.EINTR:
		case err != nil: // no children left
			return
		case pid == s.command:
			s.ended <- status
		}
	}
}

// afterEnd returns the line for a command that ended by itself: its status or, after success, the processes it left.
func (s *supervisor) afterEnd(status unix.WaitStatus) string {
	if status == 0 && !s.wait(backgroundGrace) {
		if left := account.Descendants(os.Getpid()); len(left) > 0 {
			return backgroundLine + describe(left)
		}
	}
	return endedLine + describeStatus(status)
}

// stop sends SIGTERM to all processes and waits until they have ended, for at most limit. If the process that started
// the supervisor has died, the limit is orphanLimit. It looks for processes again and again: one that loses its parent
// at that moment is not found, and one that was just started inherits no signal.
func (s *supervisor) stop(limit time.Duration, atOnce <-chan os.Signal) string {
	begin, orphaned, late := time.Now(), time.After(orphanLimit), time.After(limit)
	again := time.NewTicker(askStep)
	defer again.Stop()
	asked := map[int]bool{}
	for {
		for _, pid := range account.Descendants(os.Getpid()) {
			if !asked[pid] {
				asked[pid] = unix.Kill(pid, unix.SIGTERM) == nil // it may have ended or belong to another user
			}
		}
		select {
		case <-s.all:
			return endedLine + "as requested"
		case <-again.C:
			continue
		case <-orphaned:
			if os.Getppid() == s.parent {
				continue
			}
		case <-late:
		case <-atOnce:
		}
		return killedLine + time.Since(begin).Round(time.Millisecond).String()
	}
}

// killAll kills all remaining processes. It repeats that until none is left, for at most killLimit.
func (s *supervisor) killAll() {
	for begin := time.Now(); ; {
		for _, pid := range account.Descendants(os.Getpid()) {
			_ = unix.Kill(pid, unix.SIGKILL) // it may have ended or belong to another user
		}
		if time.Since(begin) >= killLimit || s.wait(superviseStep) {
			return
		}
	}
}

// wait reports whether all processes have ended within d.
func (s *supervisor) wait(d time.Duration) bool {
	select {
	case <-s.all:
		return true
	case <-time.After(d):
		return false
	}
}

// mostDescribed is the highest number of remaining processes that are named.
const mostDescribed = 3

// describe lists processes by command line and PID.
func describe(pids []int) string {
	slices.Sort(pids)
	var names []string
	for _, pid := range pids[:min(len(pids), mostDescribed)] {
		text, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		line := strings.TrimSpace(string(bytes.ReplaceAll(text, []byte{0}, []byte{' '})))
		line = strings.ToValidUTF8(line[:min(len(line), maxLogLine)], "")
		names = append(names, fmt.Sprintf("%q (process %d)", cmp.Or(line, "a process"), pid))
	}
	if more := len(pids) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// describeStatus describes how a process ended, in the words of os.ProcessState.
func describeStatus(status unix.WaitStatus) string {
	if status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}

// leaveGroup moves this process out of the control group, if there is one, and removes it.
func leaveGroup(dir string) {
	if dir == "" {
		return
	}
	_ = os.WriteFile(filepath.Join(filepath.Dir(dir), "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0)
	_ = os.Remove(dir) // an error could not be reported to any process
}

// askAtOnce makes a supervisor kill all its processes, and waits for that, for at most atOnceLimit.
func (p *Process) askAtOnce() {
	if !p.IsSupervised() || IsClosed(p.ended) || p.cmd.Process.Signal(atOnceSignal) != nil {
		return
	}
	select {
	case <-p.ended:
	case <-time.After(atOnceLimit):
	}
}
