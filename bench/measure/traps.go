package measure

import (
	"context"
	"fmt"
	"slices"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/traps"
	"forktax/workload/contract"
)

// examine looks for traps of a side while it serves, and keeps them for the plan.
func (p *preparation) examine(ctx context.Context, s run.Side, t *subject.Target, requests []contract.Request) error {
	c := traps.Case{Model: s.Model, PID: t.PID, URL: t.URL, Requests: requests, Reused: !p.NoReuse}
	if len(p.Clients) > 0 {
		c.Clients = slices.Max(p.Clients)
	}
	switch {
	case p.CGI == "":
	case s.Model == subject.ScriptModel:
		c.Path = p.CGI
	default:
		c.Command = p.Persistent
	}
	found := traps.Detect(ctx, c)
	for _, trap := range found { // at once: a run with a trap may take long
		fmt.Fprintf(p.log, "warning: %s: %s; %s\n", trap.Model, trap.Evidence, trap.Advice)
	}
	p.traps = append(p.traps, found...)
	return context.Cause(ctx)
}
