// Package process runs programs that this one starts and answers for: a workload program, the guardian of a database
// server. It sees to it that none outlives this process, and that what they log is not lost. It does not know
// what they say; packages subject and servers do.
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
)

// outputLimit is how long the children of a program that has ended may take to let go of its output.
const outputLimit = 500 * time.Millisecond

// A Process is a program that prints one line when it is ready, and then serves until its standard input closes or it
// gets SIGTERM.
type Process struct {
	StopSignal os.Signal // asks it to end, if not SIGTERM
	AnyExit    bool      // when it was asked to, each way in which it ends is a good one

	cmd       *exec.Cmd
	stdin     io.Closer
	firstLine chan string // yields its first line
	log       *tail
	gone      chan error    // yields why it ended, if nobody asked it to
	stopping  chan struct{} // closed when it is asked to end
	ended     chan struct{} // closed when it has ended
	release   func()        // to be called when its group has ended
	err       error         // how; to be read after ended
}

// Start starts the command in a process group of its own; what it reads and writes is Start's to say. Its log goes to
// log as it comes, with control characters escaped, unless that is nil; the end of it is kept. StartFunc, unless it is
// nil, calls start where the process is to run: on certain cores, say.
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
	p.release = Guard(cmd)
	go p.wait()
	return p, nil
}

// wait waits for the program's end and tells, if nobody asked for it.
func (p *Process) wait() {
	p.err = p.cmd.Wait()
	started.Delete(p.PID())
	close(p.ended)
	if !IsClosed(p.stopping) { // and so it may not have ended what it has started
		p.killAll()
		p.release()
		p.gone <- p.exitError()
	}
}

// A KilledError is returned when a program did not end in time when it was asked to.
type KilledError struct {
	Program string
	Limit   time.Duration
}

// Error implements error.
func (k *KilledError) Error() string {
	return fmt.Sprintf("%s did not end within %v of being asked to, and was killed", k.Program, k.Limit)
}

// killAll kills the program with all that it has started: what is in its group, and the children of a CGI host that are
// in none of ours.
func (p *Process) killAll() {
	p.askAtOnce()
	killGroup(p.cmd)
	killChildren(p.PID())
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Gone yields why the program ended, if nobody asked it to.
func (p *Process) Gone() <-chan error { return p.gone }

// FirstLine waits for the program's first line, without its end.
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

// ExitErrorOr returns how the program ended, if it has or is about to: that is known a little later than what it leads
// to, which is err. Else it returns why ctx ended, or err.
func (p *Process) ExitErrorOr(ctx context.Context, err error) error {
	select {
	case <-p.ended:
		return p.exitError()
	case <-time.After(outputLimit):
		return cmp.Or(context.Cause(ctx), err)
	}
}

// exitError says how the program ended, with what it logged last.
func (p *Process) exitError() error {
	state, advised := p.state()
	if p.log.to != nil { // whoever reads this has read the log
		return errors.New(state)
	}
	if text := p.log.last(); text != "" {
		return fmt.Errorf("%s; the last it logged:\n%s", state, foreign.Indented(text, "  "))
	}
	if advised {
		return errors.New(state)
	}
	return fmt.Errorf("%s and logged nothing", state)
}

// Stop asks the program to end, waits, and after the limit makes it, or when atOnce is closed, which may be nil.
// Whatever it started and left in its group is killed. The error says how it ended, if not well; of an end that
// nobody asked for it is nil, for Gone has told. It may be called once.
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
		return nil // as the caller wanted it
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
