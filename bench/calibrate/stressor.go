package calibrate

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"
)

// stress is a stressor: it prints "ready", and until ctx or in ends it is idle for a while and then, by
// chance, busy on all processors, starting processes, or filling memory and giving it back. Its bursts are of a length
// between that of a block and that of a check, which is where they hurt most.
func stress(ctx context.Context, _ []string, in io.Reader, stdout io.Writer) error {
	ctx = untilClosed(ctx, in)
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding a program to start: %w", err)
	}
	if _, err := fmt.Fprintln(stdout, "ready"); err != nil {
		return err
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(burst()):
		}
		until := time.Now().Add(burst())
		switch rand.IntN(3) {
		case 0:
			busy(ctx, until)
		case 1:
			forks(ctx, until, self)
		case 2:
			pressure(ctx, until)
		}
	}
	return nil
}

// burst is from 5 ms to 2 s long, as often of each order of magnitude.
func burst() time.Duration {
	d := 5 * time.Millisecond
	for range rand.IntN(9) {
		d *= 2
	}
	return d + time.Duration(rand.Int64N(int64(d)))
}

// busy takes two processors.
func busy(ctx context.Context, until time.Time) {
	done := make(chan struct{})
	for range 2 {
		go func() {
			for ctx.Err() == nil && time.Now().Before(until) {
			}
			done <- struct{}{}
		}()
	}
	<-done
	<-done
}

// forks starts processes that end at once, one after the other.
func forks(ctx context.Context, until time.Time, self string) {
	for ctx.Err() == nil && time.Now().Before(until) {
		_ = exec.CommandContext(ctx, self, "--version").Run() // whether it ends well does not matter
	}
}

// pressure takes 256 MiB, page by page, and lets go of it.
func pressure(ctx context.Context, until time.Time) {
	for ctx.Err() == nil && time.Now().Before(until) {
		memory := make([]byte, 256<<20)
		for i := 0; i < len(memory) && ctx.Err() == nil && time.Now().Before(until); i += 4096 {
			memory[i] = 1
		}
	}
}
