package traps

import (
	"context"
	"fmt"
	"io"
	"slices"

	"forktax/bench/subject"
)

// An Examiner collects the traps of what is measured. It logs each at once, since to measure with a trap may take long.
type Examiner struct {
	Log   io.Writer      // nil: they are only collected
	Found []subject.Trap // in the order in which they were found, each once
}

// Examine looks for the traps of a server or a program while it runs. It returns why ctx ended, if it did.
func (e *Examiner) Examine(ctx context.Context, c Case) error {
	e.Add(Detect(ctx, c)...)
	return context.Cause(ctx)
}

// Add takes in traps that were found in another way.
func (e *Examiner) Add(found ...subject.Trap) {
	for _, t := range found {
		if slices.Contains(e.Found, t) {
			continue
		}
		e.Found = append(e.Found, t)
		if e.Log != nil {
			fmt.Fprintf(e.Log, "warning: %s: %s; %s\n", t.Model, t.Evidence, t.Advice)
		}
	}
}
