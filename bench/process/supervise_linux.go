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
	backgroundGrace = 300 * time.Millisecond // in which what a command has started may end after it
	superviseStep   = 5 * time.Millisecond   // between two looks at what is left
	killLimit       = 2 * time.Second        // on killing what may be another user's
	orphanLimit     = 5 * time.Second        // on ending if the process that started the supervisor has died
	atOnceLimit     = time.Second            // on a supervisor's killing all
)

// atOnceSignal asks a supervisor to kill all.
const atOnceSignal = unix.SIGQUIT

// A supervisor is the process below which a command runs. As the subreaper it becomes the parent of all that the
// command leaves behind, so all of it can be found and ended without root, and what it used is counted.
type supervisor struct {
	parent  int                  // the number of the process that started it
	command int                  // that of the command's process
	ended   chan unix.WaitStatus // yields how it ended
	all     chan struct{}        // closed when nothing is left
}

// Supervise runs a command until in is at its end, or the command ends, and prints a line that says how that came
// about. Nothing that the command started is left when it returns.
func Supervise(in io.Reader, out io.Writer, args []string) error {
	limit, group, command, err := superviseArgs(args)
	if err != nil {
		return err
	}
	parent := os.Getppid()
	signal.Reset() // of those that asked to end the command in order
	atOnce := make(chan os.Signal, 1)
	signal.Notify(atOnce, atOnceSignal)
	// What a command sends to its group is not for its supervisor, and nor is that what it prints to has gone.
	signal.Notify(make(chan os.Signal, 1), unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2,
		unix.SIGPIPE)
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming the parent of orphans: %w", err)
	}
	s, input, err := supervised(command)
	if err != nil {
		return err
	}
	s.parent = parent
	stopped := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, in) // its end is what counts
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
	s.signalAll(unix.SIGKILL, killLimit)
	_, err = fmt.Fprintln(out, line)
	if err != nil { // who started this is dead
		leaveGroup(group)
	}
	return err
}

// supervised starts the command. Closing input says that it is to end.
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

// reap waits for all children, also those that become this process's.
func (s *supervisor) reap() {
	defer close(s.all)
	for {
		var status unix.WaitStatus
		switch pid, err := unix.Wait4(-1, &status, 0, nil); {
		case err == unix.EINTR:
		case err != nil: // there are none
			return
		case pid == s.command:
			s.ended <- status
		}
	}
}

// afterEnd says how the command ended, and what it left if it ended well.
func (s *supervisor) afterEnd(status unix.WaitStatus) string {
	if status == 0 && !s.wait(backgroundGrace) {
		if left := account.Descendants(os.Getpid()); len(left) > 0 {
			return backgroundLine + describe(left)
		}
	}
	return endedLine + describeStatus(status)
}

// stop asks all to end, and waits until they have. There is less time if nothing waits for the supervisor.
func (s *supervisor) stop(limit time.Duration, atOnce <-chan os.Signal) string {
	s.signalAll(unix.SIGTERM, 0)
	begin, orphaned, late := time.Now(), time.After(orphanLimit), time.After(limit)
	for {
		select {
		case <-s.all:
			return endedLine + "as it was asked to"
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

// signalAll sends a signal to all that is left, and again until nothing is, for as long as that.
func (s *supervisor) signalAll(sig unix.Signal, again time.Duration) {
	for begin := time.Now(); ; {
		for _, pid := range account.Descendants(os.Getpid()) {
			_ = unix.Kill(pid, sig) // it may have ended, or be another user's
		}
		if time.Since(begin) >= again || s.wait(superviseStep) {
			return
		}
	}
}

// wait reports whether nothing is left within a time.
func (s *supervisor) wait(d time.Duration) bool {
	select {
	case <-s.all:
		return true
	case <-time.After(d):
		return false
	}
}

// mostDescribed is how many of the processes that a command left are named.
const mostDescribed = 3

// describe names processes by their command lines and numbers.
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

// describeStatus says how a process ended as os.ProcessState does.
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
	_ = os.Remove(dir) // nobody is left to be told
}

// askAtOnce has a supervisor kill all that it supervises, and waits for that.
func (p *Process) askAtOnce() {
	if !p.IsSupervised() || IsClosed(p.ended) || p.cmd.Process.Signal(atOnceSignal) != nil {
		return
	}
	select {
	case <-p.ended:
	case <-time.After(atOnceLimit):
	}
}
