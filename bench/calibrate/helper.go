package calibrate

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Names of the helper processes that a lab starts.
const (
	helperServe  = "serve"  // the ground-truth server
	helperVisit  = "visit"  // a load generator that is paused for a while
	helperPause  = "pause"  // pauses the generator
	helperStress = "stress" // a stressor
	helperThief  = "thief"  // takes a share of each core
)

var helpers = map[string]func(ctx context.Context, args []string, in io.Reader, out io.Writer) error{
	helperServe:  serve,
	helperVisit:  pausedVisitHelper,
	helperPause:  pauseParent,
	helperStress: stress,
	helperThief:  thief,
}

// RunHelper runs the helper named by args[0]. A lab starts helpers as separate processes, so that they do not share the
// Go scheduler and garbage collector with the load generator. A server, a stressor or a thief ends when in closes,
// which happens even if the harness is killed.
func RunHelper(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 || helpers[args[0]] == nil {
		return fmt.Errorf("unknown calibration helper %q", args)
	}
	return helpers[args[0]](ctx, args[1:], in, out)
}

// inputGrace is the time from the close of a helper's input to its end. A harness that is alive also sends a signal,
// and a signal that arrives while the helper exits would look like a failure.
const inputGrace = time.Second

// untilClosed returns a context that ends with ctx, or inputGrace after in has closed.
func untilClosed(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		io.Copy(io.Discard, in)
		time.AfterFunc(inputGrace, cancel)
	}()
	return ctx
}
