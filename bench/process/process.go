// Package process runs child programs: a workload program, the watchdog of a database server. It ensures that none of
// them outlives this process, and that their logs are not lost. It does not interpret their output; packages subject
// and servers do.
package process

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"forktax/bench/foreign"
	"forktax/bench/units"
)

// outputLimit is how long children of a program that has ended may keep its output open.
const outputLimit = 500 * time.Millisecond

// A Process is a program that prints one line when it is ready, and then serves until its standard input closes or it
// gets SIGTERM.
type Process struct {
	StopSignal os.Signal // the stop signal; nil means SIGTERM
	AnyExit    bool      // after Stop, any exit status or signal counts as success

	cmd       *exec.Cmd
	stdin     io.Closer
	firstLine chan string // receives the first line of output
	log       *tail
	gone      chan error    // receives the reason for the end, if Stop was not called
	stopping  chan struct{} // closed when Stop is called
	ended     chan struct{} // closed when it has ended
	release   func()        // releases the guard; called when the group has ended
	err       error         // result of Wait; read it only after ended is closed
}

// Start starts the command in its own process group and sets its standard streams. Its log is written to log as it
// arrives, with control characters escaped, unless log is nil; the end of it is kept. startFunc, if not nil, calls
// start in the environment in which the process is to run, for example pinned to certain cores.
func Start(cmd *exec.Cmd, log io.Writer, startFunc func(start func() error) error) (*Process, error) {
	p := &Process{cmd: cmd, firstLine: make(chan string, 1), log: newTail(log), gone: make(chan error, 1),
		stopping: make(chan struct{}), ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &firstLine{to: p.firstLine}, p.log, outputLimit
	newProcessGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	start := cmd.Start
	if startFunc != nil {
		start = func() error { return startFunc(cmd.Start) }
	}
	StartGuard()
	if err := start(); err != nil {
		return nil, err
	}
	started.Store(p.PID(), nil)
	p.release = Guard(cmd.Process.Pid)
	go p.wait()
	return p, nil
}

// wait waits for the program's end, and reports it on gone if Stop was not called.
func (p *Process) wait() {
	p.err = p.cmd.Wait()
	started.Delete(p.PID())
	close(p.ended)
	if !IsClosed(p.stopping) { // it may have left children behind
		p.killAll()
		p.release()
		p.gone <- p.exitError()
	}
}

// A KilledError is returned when a program did not stop in time and was killed.
type KilledError struct {
	Program string
	Limit   time.Duration
}

// Error implements error.
func (k *KilledError) Error() string {
	return fmt.Sprintf("%s did not stop within %s and was killed", k.Program, units.Span(k.Limit))
}

// killAll kills the program and its descendants: the processes in its group, and the children of a CGI host, which are
// in other groups.
func (p *Process) killAll() {
	p.askAtOnce()
	killGroup(p.cmd)
	killChildren(p.PID())
}

// PID returns the process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Gone returns a channel that receives the reason for the program's end, if it ended without Stop.
func (p *Process) Gone() <-chan error { return p.gone }

// FirstLine waits for the program's first line and returns it without the line ending.
func (p *Process) FirstLine(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line := <-p.firstLine:
		return line, nil
	case <-p.ended:
		select {
		case line := <-p.firstLine:
			return line, nil
		default:
			return "", p.exitError()
		}
	}
}

// ExitErrorOr returns how the program ended, if it has ended or ends within outputLimit. Its consequence, err, is
// noticed a little before the end itself. Otherwise it returns the cause of the end of ctx, or else err.
func (p *Process) ExitErrorOr(ctx context.Context, err error) error {
	select {
	case <-p.ended:
		return p.exitError()
	case <-time.After(outputLimit):
		return cmp.Or(context.Cause(ctx), err)
	}
}

// exitError returns an error that describes how the program ended, with the end of its log.
func (p *Process) exitError() error {
	state, advised := p.state()
	if p.log.to != nil { // the log has been shown already
		return errors.New(state)
	}
	if text := p.log.last(); text != "" {
		return fmt.Errorf("%s; last log lines:\n%s", state, foreign.Indented(text, "  "))
	}
	if advised {
		return errors.New(state)
	}
	return fmt.Errorf("%s and logged nothing", state)
}

// Stop sends the stop signal and waits for the program's end. After the limit, or when atOnce (which may be nil) is
// closed, it kills the program. Processes that the program left in its group are killed in any case. The error
// describes how it ended, if not successfully. It is nil if the program had ended before, which Gone reports. Stop may
// be called once.
func (p *Process) Stop(limit time.Duration, atOnce <-chan struct{}) error {
	close(p.stopping)
	defer p.release()
	defer killGroup(p.cmd)
	if IsClosed(p.ended) {
		return nil
	}
	p.stdin.Close()
	_ = p.cmd.Process.Signal(cmp.Or(p.StopSignal, os.Signal(syscall.SIGTERM)))
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-atOnce:
		p.killAll()
		<-p.ended
		return nil // the caller requested it
	case <-timer.C:
		p.killAll()
		<-p.ended
		return &KilledError{p.cmd.Path, limit}
	}
	if p.err != nil && !p.AnyExit && !errors.Is(p.err, exec.ErrWaitDelay) {
		return fmt.Errorf("%s: %w", p.cmd.Path, p.exitError())
	}
	return nil
}
