package explain

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// An exit is the end of a program. Processes that it started may outlive it.
type exit struct {
	done  chan struct{}
	at    time.Duration // when it was waited for
	held  bool          // its output was still open then
	state *os.ProcessState
	err   error // error of waiting
}

func (e *exit) await(pid int, output *os.File, began time.Time) {
	p, err := os.FindProcess(pid)
	if err == nil {
		e.state, err = p.Wait()
	}
	e.at, e.err = time.Since(began), err
	e.held = isOpen(output)
	close(e.done)
}

// isOpen reports whether a process has the other end of the pipe open. The kernel closes it before a process has ended.
func isOpen(pipe *os.File) bool {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return false
	}
	poll := []unix.PollFd{{}}
	err = raw.Control(func(fd uintptr) {
		poll[0].Fd = int32(fd)
		_, _ = unix.Poll(poll, 0)
	})
	return err == nil && poll[0].Revents&unix.POLLHUP == 0
}

// An output reads a program's output to its end. If processes that the program left running keep the output open,
// reading stops after a time of silence.
type output struct {
	from   *os.File
	began  time.Time
	isOver func() bool   // reports whether the program has ended, so that further output is from other processes
	last   time.Duration // when something was last read, since began
	cut    bool          // reading stopped before the end
}

func (o *output) Read(p []byte) (int, error) {
	for over := false; ; over = o.isOver() {
		if err := o.from.SetReadDeadline(time.Now().Add(silencePause)); err != nil {
			return 0, err
		}
		n, err := o.from.Read(p)
		switch {
		case n > 0:
			o.last = time.Since(o.began)
			return n, err
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return n, err
		case over:
			o.cut = true
			return 0, io.EOF
		}
	}
}

// mostHolders is the largest number of processes that are named.
const mostHolders = 3

// holders returns the command lines of other processes that have the named pipe open.
func holders(pipe string) []string {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil
	}
	var found []string
	for _, p := range all {
		targets, _ := p.FileDescriptorTargets() // empty for another user's process
		if p.PID == os.Getpid() || len(found) == mostHolders || !slices.Contains(targets, pipe) {
			continue
		}
		if words, err := p.CmdLine(); err == nil && len(words) > 0 {
			found = append(found, strings.Join(words, " "))
		}
	}
	return found
}
