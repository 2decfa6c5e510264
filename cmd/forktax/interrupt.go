package main

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

// errInterrupted is what ended a command that was told to end by a signal.
var errInterrupted = errors.New("interrupted")

// impatience is how long a command may go on when it was told a second time: what it started is killed by then.
const impatience = 5 * time.Second

// untilSignal returns a context that a first signal ends, for the command to end in order, and a channel that a second
// one closes, for it to end at once. If it does not, as when it computes or a disk is slow, the process is ended. Done
// ends all that.
func untilSignal(ctx context.Context, stderr io.Writer) (_ context.Context, atOnce <-chan struct{}, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	second, ended := make(chan struct{}), make(chan struct{})
	go func() {
		select {
		case <-signals:
			cancel(errInterrupted)
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
			os.Exit(exitInterrupted)
		case <-ended:
		}
	}()
	return ctx, second, func() {
		signal.Stop(signals)
		close(ended)
		cancel(nil)
	}
}

// isClosed says whether c is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
