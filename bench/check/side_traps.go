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

// addSideTraps adds traps of the sides themselves: cases in which the verdict may be about something that the user does
// not intend.
func (c *comparison) addSideTraps() {
	base, candidate := c.sides[0], c.sides[1]
	if n := candidate.uncommitted; n > 0 {
		c.traps.Add(subject.Trap{Code: "uncommitted", Model: candidateName,
			Evidence: fmt.Sprintf("%s is checked, without the changes to %s in the working tree", candidate.title,
				units.Plural(n, "file")),
			Advice: "use --candidate-ref worktree to include " + plural(n, "it", "them")})
	}
	if c.BaseResult == "" && isSameFile(base.path, candidate.path) {
		c.traps.Add(subject.Trap{Code: "same-file", Model: candidateName,
			Evidence: "base and candidate are the same file",
			Advice:   "no difference can be found; name another program or another commit"})
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

// examine looks for traps in a side while it serves.
func (c *comparison) examine(ctx context.Context, s run.Side, t *subject.Target, requests []contract.Request) error {
	side := c.sides[1]
	if s.Model == baseName {
		side = c.sides[0]
	}
	return c.traps.Examine(ctx, traps.Case{Model: s.Model, Path: side.path, PID: t.PID, URL: t.URL, Requests: requests,
		Clients: 1, Reused: true})
}
