package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrInterrupted is what ended a command that was told to end by a signal.
var ErrInterrupted = errors.New("interrupted")

// ExitInterrupted is the exit status of an interrupted command: 128 + SIGINT, as shells have it.
const ExitInterrupted = 130

// impatience is how long a command may go on when it was told a second time: what it started is killed by then.
const impatience = 5 * time.Second

// ErrOutputClosed is what ended a command whose standard output or standard error nothing reads any more.
var ErrOutputClosed = errors.New("its output is a pipe that was closed")

// UntilSignal returns a context that a first signal ends, for the command to end in order, and a channel that a second
// one closes, for it to end at once. If it does not, as when it computes or a disk is slow, the process is ended. The
// context ends as well when output is written to a closed pipe. Done ends all that.
func UntilSignal(ctx context.Context, stderr io.Writer) (_ context.Context, atOnce <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals, broken := make(chan os.Signal, 2), make(chan os.Signal, 1)
	signal.Notify(signals, endSignals()...)
	// Without this the process would end on the spot, and with SIGPIPE ignored so would it be in all that it starts.
	signal.Notify(broken, syscall.SIGPIPE)
	second, ended := make(chan struct{}), make(chan struct{})
	go func() {
		for {
			select {
			case <-broken: // which may also be of a connection
				if outputClosed() {
					cancel(ErrOutputClosed)
				}
			case <-ended:
				return
			}
		}
	}()
	go func() {
		select {
		case <-signals:
			cancel(ErrInterrupted)
		case <-ended:
			return
		}
		for impatient := false; !impatient; {
			select {
			case s := <-signals: // of a terminal that is closed, its shell may send a second SIGHUP
				impatient = s != syscall.SIGHUP
			case <-ended:
				return
			}
		}
		close(second)
		select {
		case <-time.After(impatience):
			fmt.Fprintln(stderr, "forktax: ended at once; a temporary directory may be left, which the next run removes")
			os.Exit(ExitInterrupted)
		case <-ended:
		}
	}()
	return ctx, second, func() {
		signal.Stop(signals)
		signal.Stop(broken)
		close(ended)
		cancel(nil)
	}
}

// endSignals are those that end a command: SIGHUP too, as when a terminal is closed, unless the caller has it ignored,
// as nohup does. (SIGINT is ignored in what a script starts in the background, which must be able to be interrupted.)
func endSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// outputClosed reports whether standard output or standard error is a pipe without a reader.
func outputClosed() bool {
	fds := []unix.PollFd{{Fd: int32(syscall.Stdout)}, {Fd: int32(syscall.Stderr)}}
	if _, err := unix.Poll(fds, 0); err != nil {
		return false
	}
	return (fds[0].Revents|fds[1].Revents)&unix.POLLERR != 0
}

// IsClosed reports whether c is closed.
func IsClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
