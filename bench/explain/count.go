package explain

import (
	"context"
	"errors"
	"math"
)

// Counts is how often one start does what can be counted, as strace sees it.
type Counts struct {
	Processes   int64 // its own included
	Files       int64 // opened, by all of them
	Connections int64 // made, to whatever
}

// countedStarts is how often a program is started to be counted. What varies is not what it needs.
const countedStarts = 3

// Count starts the program some times, and tells the least that it needed. The error is a *NoTracerError if nothing can
// be counted here.
func (c Command) Count(ctx context.Context) (Counts, error) {
	least := Counts{math.MaxInt64, math.MaxInt64, math.MaxInt64}
	for range countedStarts {
		t, err := c.trace(ctx)
		if err != nil {
			return Counts{}, err
		}
		n := t.counts()
		if n.Processes == 0 {
			return Counts{}, errors.New("strace saw no process")
		}
		least = Counts{min(least.Processes, n.Processes), min(least.Files, n.Files), min(least.Connections, n.Connections)}
	}
	return least, nil
}

func (t trace) counts() Counts {
	n := Counts{Processes: int64(t.processes)}
	for _, i := range t.images {
		n.Connections += int64(len(i.connections))
		for _, u := range i.uses {
			n.Files += int64(u.opened)
		}
	}
	return n
}
