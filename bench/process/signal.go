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
)

// ErrInterrupted is what ended a command that was told to end by a signal.
var ErrInterrupted = errors.New("interrupted")

// ExitInterrupted is the exit status of an interrupted command: 128 + SIGINT, as shells have it.
const ExitInterrupted = 130

// impatience is how long a command may go on when it was told a second time: what it started is killed by then.
const impatience = 5 * time.Second

// UntilSignal returns a context that a first signal ends, for the command to end in order, and a channel that a second
// one closes, for it to end at once. If it does not, as when it computes or a disk is slow, the process is ended. Done
// ends all that.
func UntilSignal(ctx context.Context, stderr io.Writer) (_ context.Context, atOnce <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	second, ended := make(chan struct{}), make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel(ErrInterrupted)
		case <-ended:
			return
		}
		select {
		case <-signals:
			close(second)
		case <-ended:
			return
		}
		select {
		case <-time.After(impatience):
			fmt.Fprintln(stderr, "forktax: ended at once; a temporary folder may be left")
			os.Exit(ExitInterrupted)
		case <-ended:
		}
	}()
	return ctx, second, func() {
		signal.Stop(signals)
		close(ended)
		cancel(nil)
	}
}

// IsClosed says whether c is closed.
func IsClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
