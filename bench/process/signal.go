package process

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrInterrupted is the cause of a context that was ended by a signal.
var ErrInterrupted = errors.New("interrupted")

// ExitInterrupted is the exit status of an interrupted command: 128 + SIGINT, as in shells.
const ExitInterrupted = 130

// exitDelay is how long a command may continue after a second signal. Its child processes are killed by then.
const exitDelay = 5 * time.Second

// ErrOutputClosed is the cause of a context that ended because standard output or standard error is a closed pipe.
var ErrOutputClosed = errors.New("output pipe was closed")

// UntilSignal returns a context that ends at a first signal, so that the command can end in order. The channel atOnce
// is closed at a second signal, so that the command ends immediately. If it does not within exitDelay, for example
// because of a slow disk, the process exits. The context also ends when output is written to a closed pipe. done ends
// the handling of signals.
func UntilSignal(ctx context.Context, stderr io.Writer) (_ context.Context, atOnce <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals, broken := make(chan os.Signal, 2), make(chan os.Signal, 1)
	signal.Notify(signals, endSignals()...)
	// By default SIGPIPE would end the process. Ignoring SIGPIPE instead would be inherited by all child processes.
	signal.Notify(broken, syscall.SIGPIPE)
	second, ended := make(chan struct{}), make(chan struct{})
	go func() {
		for {
			select {
			case <-broken: // may also be caused by a network connection
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
		for again := false; !again; {
			select {
			case s := <-signals: // when a terminal closes, its shell may send a second SIGHUP
				again = s != syscall.SIGHUP
			case <-ended:
				return
			}
		}
		close(second)
		select {
		case <-time.After(exitDelay):
			PrintBriefly(stderr, "forktax: killed; temporary files may remain until the next run removes them\n")
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

// endSignals returns the signals that end a command. SIGHUP, sent when a terminal closes, is one of them unless it is
// ignored, as by nohup. SIGINT always is: shells ignore it in background commands of scripts, which must still be
// interruptible.
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
