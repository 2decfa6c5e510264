package explain

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"forktax/bench/process"
	"forktax/bench/subject"
)

// silence is how long nothing must come of what a program has left behind, after its end, for its output to be at its
// end: twice the pause after which the host of package cgi looks, which ends a response when it has looked twice.
const silence = 2 * silencePause

// silencePause is how often that is looked at.
const silencePause = 100 * time.Millisecond

// Limits on one start; each is far above what a program takes that is worth explaining.
const (
	startLimit    = 10 * time.Second
	outputLimit   = 64 << 20    // bytes, of the answer, as much as a run reads of one; and of what it logs
	logDrainLimit = time.Second // for the log to end, when all that could write to it has been killed
)

// A Start is one life of a program, from before fork until it was waited for.
type Start struct {
	Exec        time.Duration // when fork and exec are done: the next instruction is the program's, or its dynamic linker's
	FirstByte   time.Duration // 0 if there was none
	Ended       time.Duration // it was waited for, and its output was read, that of what it left behind included
	Held        time.Duration // how long after that what it left behind kept its output open, until it was killed
	CPU         time.Duration // processor time, that of its children included
	System      time.Duration // of CPU, by the ticks of the kernel's clock: only sums of many starts say much
	MinorFaults int64         // pages that the kernel had to map
	MajorFaults int64         // pages that it had to read
	Output      []byte
	Log         []byte // what it wrote to standard error
	State       *os.ProcessState
	Holders     []string // the command lines of what held its output open, if it was looked for

	path string // of the program
	pipe string // its standard output, as strace names it
}

// Run starts the program once and waits for its end. It is alone in a process group, and nothing of that group is left
// when Run returns; after AdoptOrphans, nothing at all. What it leaves behind that keeps its output open is waited for
// as the host of package cgi does: until nothing has come for a time of silence. It is an error if the program cannot
// be started, does not end in time, or writes without end; how it ended otherwise is in State.
func (c Command) Run(ctx context.Context) (Start, error) {
	limit := cmp.Or(c.Limit, startLimit)
	late := fmt.Errorf("%s did not end within %v, and was killed", c.Path, limit)
	ctx, stop := context.WithTimeoutCause(ctx, limit, late)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir, cmd.Env = c.dir(), c.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.Body != "" {
		cmd.Stdin = strings.NewReader(c.Body)
	}
	out, outEnd, err := os.Pipe()
	if err != nil {
		return Start{}, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	defer out.Close()
	log, logEnd, err := os.Pipe()
	if err != nil {
		outEnd.Close()
		return Start{}, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = outEnd, logEnd, logDrainLimit
	s := Start{path: c.Path, pipe: pipeName(out)}

	process.StartGuard()
	began := time.Now()
	err = cmd.Start()
	s.Exec = time.Since(began)
	outEnd.Close()
	logEnd.Close()
	if err != nil {
		return Start{}, c.startError(err)
	}
	kill := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	defer guardLater(cmd)()
	spare := context.AfterFunc(ctx, func() {
		kill()
		now := time.Now()
		_, _ = out.SetReadDeadline(now), log.SetReadDeadline(now) // a process that left the group may hold them
	})
	logged := make(chan []byte, 1)
	go func() { logged <- c.read(log, cancel, func() {}) }()
	exit := exit{done: make(chan struct{})}
	go exit.await(cmd, out, began)
	printed := output{from: out, began: began, isOver: func() bool {
		return ctx.Err() != nil || process.IsClosed(exit.done) || c.hasEnded != nil && c.hasEnded()
	}}
	s.Output = c.read(&printed, cancel, func() { s.FirstByte = time.Since(began) })
	closed := time.Since(began)
	if printed.cut {
		s.Holders = holders(s.pipe)
		kill()
	}
	<-exit.done
	s.Ended = max(closed, exit.at)
	if exit.held {
		s.Ended = max(exit.at, printed.last, s.FirstByte)
		s.Held = closed - s.Ended
	}
	spare()
	kill() // what it left behind
	killOrphans()
	_ = log.SetReadDeadline(time.Now().Add(logDrainLimit))
	s.Log = <-logged
	if cause := context.Cause(ctx); cause != nil {
		return s, cause
	}
	var failed *exec.ExitError
	if exit.err != nil && !errors.As(exit.err, &failed) && !errors.Is(exit.err, exec.ErrWaitDelay) {
		return s, fmt.Errorf("waiting for %s: %w", c.Path, exit.err)
	}
	s.State = cmd.ProcessState
	if usage, ok := s.State.SysUsage().(*syscall.Rusage); ok {
		s.CPU, s.System = s.State.UserTime()+s.State.SystemTime(), s.State.SystemTime()
		s.MinorFaults, s.MajorFaults = int64(usage.Minflt), int64(usage.Majflt)
	}
	return s, nil
}

// guardAfter is how long a program runs before it is guarded. Most have ended by then, and are not disturbed.
const guardAfter = 100 * time.Millisecond

// guardLater has the program end with this process if it runs for some time. Release is called when it has ended.
func guardLater(cmd *exec.Cmd) (release func()) {
	guarded := make(chan func(), 1)
	later := time.AfterFunc(guardAfter, func() { guarded <- process.Guard(cmd) })
	return func() {
		if !later.Stop() {
			(<-guarded)()
		}
	}
}

// read reads to the end, and ends the start if there is none.
func (c Command) read(pipe io.Reader, end context.CancelCauseFunc, first func()) []byte {
	from := bufio.NewReader(pipe)
	if _, err := from.Peek(1); err == nil {
		first()
	}
	text, _ := io.ReadAll(io.LimitReader(from, outputLimit+1)) // what came before the pipe broke counts
	if len(text) > outputLimit {
		end(fmt.Errorf("%s wrote more than %d MB, and was killed", c.Path, outputLimit>>20))
	}
	return text
}

// startError says what the kernel does not: that it is a script's interpreter, say, that is not there.
func (c Command) startError(err error) error {
	cause := subject.Failure{Path: c.Path, Err: err}.Suffix()
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("starting %s: %w%s", c.Path, err, cause)
}

// logLines are the last that the start logged.
func (s Start) logLines() []string {
	const much = 2 << 10
	text := bytes.TrimRight(bytes.TrimLeft(s.Log, "\n"), " \t\r\n")
	if len(text) == 0 {
		return nil
	}
	return strings.Split(string(text[max(0, len(text)-much):]), "\n")
}

// logTail is the same for an error.
func (s Start) logTail() string { return process.Logged(s.logLines()) }

// pipeName is what strace calls the pipe; "" if that is not known.
func pipeName(f *os.File) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("pipe:[%d]", info.Sys().(*syscall.Stat_t).Ino)
}
