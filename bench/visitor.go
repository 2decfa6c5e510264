package bench

import (
	"context"
	"fmt"
	"net/http"
	"runtime/metrics"
	"time"
)

// A visitor makes visits to the targets of one group.
type visitor struct {
	*Runner
	began   time.Time
	targets map[targetName]*Target
	client  *http.Client // for usage
}

// visit measures one block and puts it on disk. A block during which ctx ends is not recorded.
func (v *visitor) visit(ctx context.Context, group, round, cell int) error {
	c := v.Plan.Cells[cell]
	t := v.targets[targetName{c.Workload, c.Model}]
	engine, ok := v.Engines[c.Engine]
	if !ok {
		return fmt.Errorf("the plan's engine %q is unknown", c.Engine)
	}
	request, err := v.Plan.Request(c)
	if err != nil {
		return err
	}
	wanted := Visit{URL: t.URL, Request: request, Load: c.Load, Length: v.Plan.Block(), AtLeast: v.Plan.AtLeast,
		Seed: v.Plan.visitSeed(round)}

	v.Record.begin()
	before, err := t.usage(ctx, v.client)
	if err != nil {
		return err
	}
	cpu, collections, begin := ownCPU(), gcCycles(), time.Now()
	if err := engine.Run(ctx, wanted, v.Record); err != nil {
		return fmt.Errorf("visiting %s: %w", c, err)
	}
	block := Block{Cell: cell, Round: round, Group: group, StartNS: int64(begin.Sub(v.began)),
		LengthNS: int64(time.Since(begin)), GeneratorNS: int64(ownCPU() - cpu), Collections: int(gcCycles() - collections)}
	if err := ctx.Err(); err != nil {
		return err
	}
	after, err := t.usage(ctx, v.client)
	if err != nil {
		return err
	}
	if before != nil && after != nil {
		used := after.Sub(*before)
		block.Usage = &used
	}
	return v.keep(c, block)
}

func (v *visitor) keep(c Cell, b Block) error {
	if err := v.Record.end(b); err != nil {
		return err
	}
	if failed := v.Record.failed(); failed == v.Record.requests {
		return fmt.Errorf("%s: not one of %d requests got a right answer: %v", c, v.Record.requests, v.Record.errors)
	}
	return nil
}

// gcCycles is how many collections of garbage this process has completed.
func gcCycles() uint64 {
	s := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
