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
	"strings"
	"syscall"
	"time"

	"forktax/bench/process"
	"forktax/bench/subject"
	"forktax/bench/units"
	"forktax/cgi/spawn"
)

// silencePause is the interval at which the output is checked. After two without output, the output of a program that
// has ended counts as complete, even if processes that it left running keep it open, as in the host of package cgi.
const silencePause = 100 * time.Millisecond

// Limits on one start; each is far above the needs of a program that is worth explaining.
const (
	startLimit    = 10 * time.Second
	outputLimit   = 64 << 20    // bytes, for the response (the limit of a run, too) and for the log
	logDrainLimit = time.Second // time for the end of the log, after all writers have been killed
)

// A Start is one start of a program, from before fork until the process was waited for. Times are since before fork.
// The program is started as the host of package cgi does it.
type Start struct {
	Exec        time.Duration // fork and exec are done; next run the dynamic linker or the program
	FirstByte   time.Duration // 0 if there was none
	Ended       time.Duration // the process was waited for, and all output was read
	Held        time.Duration // how long after Ended processes left running kept its output open
	CPU         time.Duration // CPU time, its children included
	System      time.Duration // system part of CPU, sampled by the kernel's clock: meaningful only in sums of many starts
	MinorFaults int64         // pages that the kernel mapped
	MajorFaults int64         // pages that the kernel read from a disk
	Output      []byte
	Log         []byte // standard error
	State       *os.ProcessState
	Killed      bool     // processes held its output open until they were killed
	Holders     []string // the command lines of processes that held its output open, if reading stopped early

	path string // path of the program
	pipe string // its standard output, as strace names it
}

// Run starts the program once and waits for its end. The program gets a process group of its own, and Run kills what is
// left of the group before it returns. After AdoptOrphans, it kills all other orphans, too. If processes left running
// keep the output open, Run waits as the host of package cgi does: until there has been no output for a time of
// silence. It returns an error if the program cannot be started, does not end in time, or writes too much. State has
// its exit status.
func (c Command) Run(ctx context.Context) (Start, error) {
	limit := cmp.Or(c.Limit, startLimit)
	late := fmt.Errorf("%s did not end within %s, and was killed", c.Path, units.Span(limit))
	ctx, stop := context.WithTimeoutCause(ctx, limit, late)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	own, its, err := c.pipes()
	if err != nil {
		return Start{}, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	body, out, log := own[0], own[1], own[2]
	defer body.Close()
	defer out.Close()
	defer log.Close()
	s := Start{path: c.Path, pipe: pipeName(out)}

	process.StartGuard()
	spawn.Prepare(1)
	var child spawn.Process
	began := time.Now()
	err = child.Start(&spawn.Program{Path: c.Path, Args: c.words(), Env: c.Env, Dir: c.dir()}, its)
	s.Exec = time.Since(began)
	if err != nil {
		return Start{}, c.startError(err)
	}
	kill := func() { _ = syscall.Kill(-child.PID(), syscall.SIGKILL) }
	defer guardLater(child.PID())()
	go func() {
		_, _ = io.WriteString(body, c.Body) // a program need not read its input
		_ = body.Close()
	}()
	spare := context.AfterFunc(ctx, func() {
		kill()
		now := time.Now()
		_, _ = out.SetReadDeadline(now), log.SetReadDeadline(now) // a process outside the group may hold them
	})
	logged := make(chan []byte, 1)
	go func() { logged <- c.read(log, cancel, func() {}) }()
	exit := exit{done: make(chan struct{})}
	go exit.await(child.PID(), out, began)
	printed := output{from: out, began: began, isOver: func() bool {
		return ctx.Err() != nil || process.IsClosed(exit.done) || c.hasEnded != nil && c.hasEnded()
	}}
	s.Output = c.read(&printed, cancel, func() { s.FirstByte = time.Since(began) })
	closed := time.Since(began)
	if s.Killed = printed.cut; s.Killed {
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
	kill() // processes left running
	killOrphans()
	_ = log.SetReadDeadline(time.Now().Add(logDrainLimit))
	s.Log = <-logged
	if cause := context.Cause(ctx); cause != nil {
		return s, cause
	}
	if exit.err != nil {
		return s, fmt.Errorf("waiting for %s: %w", c.Path, exit.err)
	}
	s.State = exit.state
	if usage, ok := s.State.SysUsage().(*syscall.Rusage); ok {
		s.CPU, s.System = s.State.UserTime()+s.State.SystemTime(), s.State.SystemTime()
		s.MinorFaults, s.MajorFaults = int64(usage.Minflt), int64(usage.Majflt)
	}
	return s, nil
}

// pipes returns the pipes of a start, by the descriptors that they have in the program: our ends, and its own. Without
// a body, the standard input is /dev/null, as in the host of package cgi.
func (c Command) pipes() (own [3]*os.File, its [3]int, err error) {
	its = [3]int{-1, -1, -1}
	for i := range own {
		if i == 0 && c.Body == "" {
			continue
		}
		mine, child, err := spawn.Pipe(i > 0)
		if err != nil {
			spawn.Close(its[:]...)
			for _, file := range own {
				_ = file.Close() // nil is an error
			}
			return own, its, err
		}
		own[i], its[i] = os.NewFile(uintptr(mine), "pipe"), child
	}
	return own, its, nil
}

// guardAfter is the time after which a running program is guarded. Most programs have ended by then, so the guard does
// not disturb them.
const guardAfter = 100 * time.Millisecond

// guardLater makes sure that a program that runs for longer ends with this process. The caller calls release after the
// program has ended.
func guardLater(group int) (release func()) {
	guarded := make(chan func(), 1)
	later := time.AfterFunc(guardAfter, func() { guarded <- process.Guard(group) })
	return func() {
		if !later.Stop() {
			(<-guarded)()
		}
	}
}

// read reads the pipe to its end. It calls first at the first byte, and end if there is more than outputLimit.
func (c Command) read(pipe io.Reader, end context.CancelCauseFunc, first func()) []byte {
	from := bufio.NewReader(pipe)
	if _, err := from.Peek(1); err == nil {
		first()
	}
	text, _ := io.ReadAll(io.LimitReader(from, outputLimit+1)) // on an error, the part read so far counts
	if len(text) > outputLimit {
		end(fmt.Errorf("%s wrote more than %d MB, and was killed", c.Path, outputLimit>>20))
	}
	return text
}

// startError adds the cause to the kernel's error, such as that the script's interpreter does not exist.
func (c Command) startError(err error) error {
	cause := subject.Failure{Path: c.Path, Err: err}.Suffix()
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("starting %s: %w%s", c.Path, err, cause)
}

// logLines returns the last lines of the log, up to 2 KB.
func (s Start) logLines() []string {
	const much = 2 << 10
	text := bytes.TrimRight(bytes.TrimLeft(s.Log, "\n"), " \t\r\n")
	if len(text) == 0 {
		return nil
	}
	return strings.Split(string(text[max(0, len(text)-much):]), "\n")
}

// logTail returns the same lines in the form of an error's suffix.
func (s Start) logTail() string { return process.Logged(s.logLines()) }

// pipeName returns strace's name of the pipe, or "" if it is not known.
func pipeName(f *os.File) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("pipe:[%d]", info.Sys().(*syscall.Stat_t).Ino)
}
