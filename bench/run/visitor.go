package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A visitor visits the targets of one start.
type visitor struct {
	*Runner
	began      time.Time
	targets    map[plan.TargetName]*subject.Target
	client     *http.Client    // for usage
	counted    record.Counters // by the machine, at the end of the block before
	lastBlocks map[*subject.Target]lastBlock
	latest     *subject.Target // that was visited
	waits      *waits
}

// A lastBlock is the usage of a target at the end of its last block. While others are measured it should use next to
// nothing.
type lastBlock struct {
	used contract.Usage
	at   time.Time
}

// round visits the cells whose turn it is.
func (v *visitor) round(ctx context.Context, s *schedule) error {
	for _, cell := range v.Plan.Order(s.round) {
		if err := v.next(ctx, s, cell); err != nil {
			return err
		}
	}
	s.round++
	return nil
}

// next makes the next visit of the schedule's round.
func (v *visitor) next(ctx context.Context, s *schedule, cell int) error {
	v.reportProgress(s.progress(cell))
	began := s.elapsed()
	if err := v.settle(ctx, s.left()); err != nil {
		return err
	}
	if err := v.visit(ctx, s.start, s.round, cell, v.Plan.BlockSeed(s.round)); err != nil {
		return err
	}
	s.noteVisit(cell, s.elapsed()-began)
	if v.Record.CutOff() > 0 {
		s.cutOff = true
		return v.noteOverload(v.Plan.Cells[cell])
	}
	return nil
}

// noteOverload notes that the last visit, to this cell, was cut off.
func (v *visitor) noteOverload(c plan.Cell) error {
	requests, err := v.Plan.Requests(c)
	if err == nil {
		v.overload = &overload{c, v.targets[plan.TargetName{Workload: c.Workload, Model: c.Model}], requests[0]}
	}
	return err
}

// visit measures one block and puts it on disk. A block during which ctx ends is not recorded.
func (v *visitor) visit(ctx context.Context, start, round, cell int, seed uint64) error {
	c := v.Plan.Cells[cell]
	t := v.targets[plan.TargetName{Workload: c.Workload, Model: c.Model}]
	engine, ok := v.Engines[c.Engine]
	if !ok {
		return fmt.Errorf("the plan's engine %q is unknown", c.Engine)
	}
	requests, err := v.Plan.Requests(c)
	if err != nil {
		return err
	}
	for i := range requests {
		if t.External {
			requests[i].Want.Headers = nil
		}
	}
	length, discard := v.Plan.Length(c)
	wanted := load.Visit{URL: t.URL, Request: requests[0], Load: c.Load, Length: length, MinRequests: v.Plan.MinRequests,
		Grace: v.Plan.Grace(c), OtherClock: t.OtherClock, Seed: seed}

	collect()
	var names []string // of a mix
	if len(requests) > 1 {
		wanted.Mix = requests
		for _, r := range requests {
			names = append(names, r.Name)
		}
	}
	v.Record.Begin(names...)
	database := t.DatabaseUsed()
	before, err := t.Usage(ctx, v.client)
	if err != nil {
		return err
	}
	endWaits := v.waits.begin(t)
	cpu, collected, begin := process.OwnCPU(), collections(), time.Now()
	if err := engine.Run(ctx, wanted, v.Record); err != nil {
		return fmt.Errorf("visiting %s: %w", c, err)
	}
	block := record.Block{Cell: cell, Round: round, Start: start, BeganNS: int64(begin.Sub(v.began)),
		LengthNS: int64(time.Since(begin)), DiscardNS: int64(discard), GeneratorNS: int64(process.OwnCPU() - cpu),
		Collections: int(collections() - collected)}
	endWaits(&block)
	if err := ctx.Err(); err != nil {
		return err
	}
	after, err := t.Usage(ctx, v.client)
	if err != nil {
		return err
	}
	if before != nil && after != nil {
		used := after.Sub(*before)
		block.Usage = &used
		if last, ok := v.lastBlocks[t]; ok && v.latest != t { // else there were no others
			block.IdleNS, block.IdleCPUNS = int64(begin.Sub(last.at)), before.Sub(last.used).CPUNS()
		}
		v.lastBlocks[t], v.latest = lastBlock{*after, time.Now()}, t
	}
	if last := t.DatabaseUsed(); database != nil && last != nil {
		block.DatabaseNS = new(*last - *database)
	}
	if failed := v.Record.Failed(); failed > 0 {
		block.LogLines = t.Logged(failed == v.Record.Requests())
	}
	now := v.counters()
	block.Machine, v.counted = now.Sub(v.counted), now
	return v.endBlock(c, block)
}

func (v *visitor) endBlock(c plan.Cell, b record.Block) error {
	if err := v.Record.End(b); err != nil {
		return err
	}
	switch v.Record.Failed() {
	case 0:
		if v.Record.Requests() == 0 {
			return fmt.Errorf("%s: %w: none was sent", c, errNoneRight)
		}
	case v.Record.Requests():
		advice := ""
		if v.Record.CutOff() == v.Record.Requests() {
			advice = "; " + overloadAdvice
		}
		return fmt.Errorf("%s: %w: %s%s%s", c, errNoneRight, v.Record.FailureText(), advice, b.LogSuffix())
	}
	return nil
}

// errNoneRight ends a run: to go on would measure how fast a target fails.
var errNoneRight = errors.New("not one request got a right response")
