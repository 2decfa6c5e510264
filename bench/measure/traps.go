package measure

import (
	"context"
	"slices"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/traps"
	"forktax/workload/contract"
)

// examine looks for traps of a side while its target is running.
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
	return p.traps.Examine(ctx, c)
}
