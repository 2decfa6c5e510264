package check

import (
	"context"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/traps"
	"forktax/workload/contract"
)

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
