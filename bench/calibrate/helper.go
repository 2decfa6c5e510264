package calibrate

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Names of the helpers that a lab starts by its own command.
const (
	helperServe  = "serve"  // the ground-truth server
	helperVisit  = "visit"  // a generator that stands still for a while
	helperPause  = "pause"  // what pauses it
	helperStress = "stress" // a hostile neighbour
	helperThief  = "thief"  // what takes a share of each core
)

var helpers = map[string]func(ctx context.Context, args []string, in io.Reader, out io.Writer) error{
	helperServe:  serve,
	helperVisit:  pausedVisitHelper,
	helperPause:  pauseParent,
	helperStress: stress,
	helperThief:  thief,
}

// RunHelper runs a helper, which a lab starts in a process of its own, so that it shares no scheduler and no collector
// with the generator. The first of args names it. A server, a stressor or a thief ends when in does, which it does when the
// harness ends, however that ends.
func RunHelper(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 || helpers[args[0]] == nil {
		return fmt.Errorf("%q is not a helper of a calibration", args)
	}
	return helpers[args[0]](ctx, args[1:], in, out)
}

// inputGrace is how long after its input has closed a helper ends by itself. A harness that lives sends it a signal as
// well, which must not meet it while it is ending, or it would look as if it had ended badly.
const inputGrace = time.Second

// untilClosed ends with ctx, or some time after in has closed.
func untilClosed(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		io.Copy(io.Discard, in)
		time.AfterFunc(inputGrace, cancel)
	}()
	return ctx
}
