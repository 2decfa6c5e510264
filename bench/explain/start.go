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

	"forktax/bench/foreign"
)

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
	Ended       time.Duration // its output was read to the end, and it was waited for
	CPU         time.Duration // processor time, that of its children included
	System      time.Duration // of CPU, by the ticks of the kernel's clock: only sums of many starts say much
	MinorFaults int64         // pages that the kernel had to map
	MajorFaults int64         // pages that it had to read
	Output      []byte
	Log         []byte // what it wrote to standard error
	State       *os.ProcessState

	pipe string // its standard output, as strace names it
}

// Run starts the program once and waits for its end. It is alone in a process group, and nothing of that group is left
// when Run returns; after AdoptOrphans, nothing at all. It is an error if the program cannot be started, does not end
// in time, or writes without end; how it ended otherwise is in State.
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
	s := Start{pipe: pipeName(out)}

	began := time.Now()
	err = cmd.Start()
	s.Exec = time.Since(began)
	outEnd.Close()
	logEnd.Close()
	if err != nil {
		return Start{}, c.startError(err)
	}
	kill := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	spare := context.AfterFunc(ctx, func() {
		kill()
		now := time.Now()
		_, _ = out.SetReadDeadline(now), log.SetReadDeadline(now) // a process that left the group may hold them
	})
	logged := make(chan []byte, 1)
	go func() { logged <- c.read(log, cancel, func() {}) }()
	s.Output = c.read(out, cancel, func() { s.FirstByte = time.Since(began) })
	waited := cmd.Wait()
	s.Ended = time.Since(began)
	spare()
	kill() // what it left behind
	killOrphans()
	_ = log.SetReadDeadline(time.Now().Add(logDrainLimit))
	s.Log = <-logged
	if cause := context.Cause(ctx); cause != nil {
		return s, cause
	}
	var exit *exec.ExitError
	if waited != nil && !errors.As(waited, &exit) && !errors.Is(waited, exec.ErrWaitDelay) {
		return s, fmt.Errorf("waiting for %s: %w", c.Path, waited)
	}
	s.State = cmd.ProcessState
	if usage, ok := s.State.SysUsage().(*syscall.Rusage); ok {
		s.CPU, s.System = s.State.UserTime()+s.State.SystemTime(), s.State.SystemTime()
		s.MinorFaults, s.MajorFaults = int64(usage.Minflt), int64(usage.Majflt)
	}
	return s, nil
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

// startError says what the kernel does not: that it is a script's interpreter, or a binary's dynamic linker, that is
// not there.
func (c Command) startError(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	err = fmt.Errorf("starting %s: %w", c.Path, err)
	file, unreadable := inspect(c.Path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; chmod +x makes a file one that may be executed", err)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%w; it is neither a program of this machine nor a script with #! at its head", err)
	case unreadable != nil || !errors.Is(err, fs.ErrNotExist):
		return err
	case len(file.shebang) > 0:
		return fmt.Errorf("%w; its interpreter is %s", err, file.shebang[0])
	case file.loader != "":
		return fmt.Errorf("%w; its dynamic linker is %s", err, file.loader)
	}
	return err
}

// logTail is what the start logged last, for an error.
func (s Start) logTail() string {
	text := bytes.TrimSpace(s.Log)
	if len(text) == 0 {
		return ""
	}
	const much = 2 << 10
	shown := string(text[max(0, len(text)-much):])
	if strings.Contains(shown, "\n") {
		return "; it logged:\n" + foreign.Indented(shown, "  ")
	}
	return "; it logged: " + foreign.Text(shown)
}

// pipeName is what strace calls the pipe; "" if that is not known.
func pipeName(f *os.File) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("pipe:[%d]", info.Sys().(*syscall.Stat_t).Ino)
}
