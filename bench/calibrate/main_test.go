package calibrate_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"forktax/bench/calibrate"
)

// TestMain makes the test binary also serve as the helper processes that a lab starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "tool" {
		ctx, done := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer done()
		if err := calibrate.RunHelper(ctx, os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "slowly" {
		ctx, done := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer done()
		if _, err := slowly(ctx, os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func newLab() *calibrate.Lab {
	return &calibrate.Lab{Seed: 1, Helper: []string{os.Args[0], "tool"}}
}
