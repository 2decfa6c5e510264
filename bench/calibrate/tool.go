package calibrate

import (
	"context"
	"fmt"
	"io"
	"time"
)

// What the processes are called that a lab starts of its own command.
const (
	toolServe   = "serve"   // the ground-truth server
	toolVisit   = "visit"   // a generator that stands still for a while
	toolStop    = "stop"    // what stops it
	toolDisturb = "disturb" // a hostile neighbour
)

var tools = map[string]func(ctx context.Context, args []string, in io.Reader, out io.Writer) error{
	toolServe:   serve,
	toolVisit:   visit,
	toolStop:    stop,
	toolDisturb: disturb,
}

// Tool is what a lab starts in processes of their own, so that they share no scheduler and no collector with the
// generator. The first of args says which it is. A server, or a neighbour, ends when in does, which it does when the
// harness ends, however that ends.
func Tool(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 || tools[args[0]] == nil {
		return fmt.Errorf("%q is no tool of a calibration", args)
	}
	return tools[args[0]](ctx, args[1:], in, out)
}

// afterwards is how long after its input has closed a tool ends by itself. A harness that lives sends it a signal as
// well, which must not meet it while it is ending, or it would look as if it had ended badly.
const afterwards = time.Second

// untilClosed ends with ctx, or some time after in has closed.
func untilClosed(ctx context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		io.Copy(io.Discard, in)
		time.AfterFunc(afterwards, cancel)
	}()
	return ctx
}
