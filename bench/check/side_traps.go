package check

import (
	"context"
	"fmt"
	"os"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/traps"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// addSideTraps adds those of the sides themselves, by which the verdict could be of something else than the user means.
func (c *comparison) addSideTraps() {
	base, candidate := c.sides[0], c.sides[1]
	if n := candidate.uncommitted; n > 0 {
		c.traps.Add(subject.Trap{Code: "uncommitted", Model: candidateName,
			Evidence: fmt.Sprintf("%s is checked; %s of the working tree %s from it and %s not in it", candidate.title,
				units.Plural(n, "file"), plural(n, "differs", "differ"), plural(n, "is", "are")),
			Advice: "--candidate-ref worktree checks " + plural(n, "it", "them")})
	}
	if c.BaseResult == "" && isSameFile(base.path, candidate.path) {
		c.traps.Add(subject.Trap{Code: "same-file", Model: candidateName,
			Evidence: "base and candidate are the same file",
			Advice:   "there is no difference to find; name another program, or another commit"})
	}
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

// examine looks for traps of a side while it serves.
func (c *comparison) examine(ctx context.Context, s run.Side, t *subject.Target, requests []contract.Request) error {
	side := c.sides[1]
	if s.Model == baseName {
		side = c.sides[0]
	}
	return c.traps.Examine(ctx, traps.Case{Model: s.Model, Path: side.path, PID: t.PID, URL: t.URL, Requests: requests,
		Clients: 1, Reused: true})
}
