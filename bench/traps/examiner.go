package traps

import (
	"context"
	"fmt"
	"io"
	"slices"

	"forktax/bench/subject"
)

// An Examiner collects the traps of the measured servers. It logs each trap immediately, since a run may take long.
type Examiner struct {
	Log   io.Writer      // nil: no logging
	Found []subject.Trap // traps in the order of detection, without duplicates
}

// Examine detects the traps of a running server or program. It returns the cause if ctx has ended.
func (e *Examiner) Examine(ctx context.Context, c Case) error {
	e.Add(Detect(ctx, c)...)
	return context.Cause(ctx)
}

// Add adds traps that were found in another way.
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
