package check

import (
	"context"
	"fmt"
	"io"
	"os"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/traps"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// sideTraps are those of the sides themselves, by which the verdict could be of something else than the user means.
func (c *comparison) sideTraps() (traps []subject.Trap) {
	base, candidate := c.sides[0], c.sides[1]
	if n := candidate.uncommitted; n > 0 {
		traps = append(traps, subject.Trap{Code: "uncommitted", Model: candidateName,
			Evidence: fmt.Sprintf("%s is checked; %s of the working tree %s from it and %s not in it", candidate.title,
				units.Plural(n, "file"), plural(n, "differs", "differ"), plural(n, "is", "are")),
			Advice: "--candidate-ref worktree checks " + plural(n, "it", "them")})
	}
	if c.BaseResult == "" && isSameFile(base.path, candidate.path) {
		traps = append(traps, subject.Trap{Code: "same-file", Model: candidateName,
			Evidence: "base and candidate are the same file",
			Advice:   "there is no difference to find; name another program, or another commit"})
	}
	return traps
}

func plural(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

func isSameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// logTraps logs them before anything is measured.
func logTraps(traps []subject.Trap, log io.Writer) {
	for _, t := range traps {
		fmt.Fprintf(log, "warning: %s; %s\n", t.Evidence, t.Advice)
	}
}

// examine looks for traps of a side while it serves, and keeps them for the plan.
func (c *comparison) examine(ctx context.Context, s run.Side, t *subject.Target, requests []contract.Request) error {
	side := c.sides[1]
	if s.Model == baseName {
		side = c.sides[0]
	}
	c.traps = append(c.traps, traps.Detect(ctx, traps.Case{Model: s.Model, Path: side.path, PID: t.PID, URL: t.URL,
		Requests: requests, Clients: 1, Reused: true})...)
	return context.Cause(ctx)
}
