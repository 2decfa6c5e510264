package explain

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// An exit is the end of a program, which what it has left behind may outlive.
type exit struct {
	done chan struct{}
	at   time.Duration // when it was waited for
	held bool          // its output was still open then
	err  error         // of waiting
}

func (e *exit) await(cmd *exec.Cmd, output *os.File, began time.Time) {
	e.err = cmd.Wait()
	e.at = time.Since(began)
	e.held = isOpen(output)
	close(e.done)
}

// isOpen reports whether a process has the other end of the pipe: one that has ended has closed it before.
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

// An output is read to its end or, if what a program has left behind keeps it open, until nothing has come for a time
// of silence.
type output struct {
	from   *os.File
	began  time.Time
	isOver func() bool // whether the program has ended, and anything more is from others
	last   time.Duration
	cut    bool
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

// mostHolders is how many processes are named.
const mostHolders = 3

// holders are the command lines of the processes that have the pipe of that name open, besides this one.
func holders(pipe string) []string {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil
	}
	var found []string
	for _, p := range all {
		targets, _ := p.FileDescriptorTargets() // of another user's, nothing
		if p.PID == os.Getpid() || len(found) == mostHolders || !slices.Contains(targets, pipe) {
			continue
		}
		if words, err := p.CmdLine(); err == nil && len(words) > 0 {
			found = append(found, strings.Join(words, " "))
		}
	}
	return found
}
