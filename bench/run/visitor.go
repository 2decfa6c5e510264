package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	client     *http.Client    // client for reading usage
	counted    record.Counters // counters of the machine at the end of the previous block
	lastBlocks map[*subject.Target]lastBlock
	readTwice  map[*subject.Target]bool // whose cost of a reading is known
	latest     *subject.Target          // visited last
	overtime   bool                     // the budget is used up
	slot       *plan.Slot               // slot of the visit, in a run in parts
	waits      *waits
	shared     bool // generator and targets share the cores, in a run that pins them
}

// A lastBlock is the usage of a target at the end of its last block. While other targets are measured, it should use
// almost nothing.
type lastBlock struct {
	used contract.Usage
	at   time.Time
}

// round visits the cells whose turn it is.
func (v *visitor) round(ctx context.Context, s *schedule) error {
	if v.allLost() {
		return v.noneLeft()
	}
	for _, cells := range v.Plan.Groups(s.round, s.start) {
		if slices.ContainsFunc(cells, func(cell int) bool { return v.Plan.Cells[cell].Model == v.leaveOut }) {
			continue
		}
		if v.isLostCell(cells[0]) {
			continue
		}
		if err := v.next(ctx, s, cells); err != nil && !v.loseCell(ctx, cells[0], err) {
			return err
		}
	}
	s.round++
	return nil
}

// next visits the given cells of the schedule's round: a single cell, or several that alternate.
func (v *visitor) next(ctx context.Context, s *schedule, cells []int) error {
	v.reportProgress(s.progress(cells[0]))
	began := s.elapsed()
	if err := v.settle(ctx, s.left()); err != nil {
		return err
	}
	if err := v.visit(ctx, s.start, s.round, cells, v.Plan.BlockSeed(s.round)); err != nil {
		return err
	}
	for _, cell := range cells {
		s.noteVisit(cell, (s.elapsed()-began)/time.Duration(len(cells)))
	}
	if v.Record.CutOff() > 0 {
		c := v.Plan.Cells[cells[0]]
		s.overloaded = s.overloaded || c.Load.Kind == plan.Open
		return v.noteOverload(c)
	}
	return nil
}

// noteOverload records that the last visit, to this cell, was cut off.
func (v *visitor) noteOverload(c plan.Cell) error {
	requests, err := v.Plan.Requests(c)
	if err == nil {
		v.overload = &overload{c, v.targets[plan.TargetName{Workload: c.Workload, Model: c.Model}], requests[0]}
	}
	return err
}

// A side is the state of a visit for one of its cells.
type side struct {
	cell     int
	target   *subject.Target
	visit    load.Visit
	requests []string // names of the requests of a mix
	before   reading
	endWaits func(*record.Block)
}

// A reading is the usage of a target and of its database so far; nil where it is unknown.
type reading struct {
	used     *contract.Usage
	database *int64
}

// visit measures and records one block of each of the cells; several cells are measured at the same time. If ctx ends
// during a block, the block is not recorded.
func (v *visitor) visit(ctx context.Context, start, round int, cells []int, seed uint64) error {
	engine, err := v.engine(cells[0])
	if err != nil {
		return err
	}
	var sides []side
	shares := true
	var awaited beginning // of the load, if it had to wait
	for _, cell := range cells {
		s, err := v.side(cell, seed)
		if err != nil {
			return err
		}
		shares = v.share(ctx, &s, &awaited) && shares
		sides = append(sides, s)
	}
	collect()
	for i := range sides {
		var err error
		if sides[i].before, err = v.read(ctx, sides[i].target); err != nil {
			return err
		}
		sides[i].endWaits = v.waits.begin(sides[i].target)
	}
	if err := v.awaitFirstRead(ctx); err != nil {
		return err
	}
	cpu, collected, begin := process.OwnCPU(), collections(), time.Now()
	kept, err := v.generate(ctx, engine, sides, shares)
	if err != nil {
		return visitingError(v.Plan.Cells[cells[0]], err)
	}
	if !awaited.at.IsZero() {
		begin, cpu = awaited.at, awaited.cpu
	}
	block := record.Block{Round: round, Start: start, BeganNS: int64(begin.Sub(v.began)),
		LengthNS: int64(time.Since(begin)), GeneratorNS: int64(process.OwnCPU()-cpu) / int64(len(sides)),
		Collections: int(collections() - collected), Overtime: v.overtime, WarmUp: v.slot != nil && v.slot.WarmUp,
		Shared: v.shared}
	blocks := slices.Repeat([]record.Block{block}, len(sides))
	for i, s := range sides {
		s.endWaits(&blocks[i])
	}
	if err := cmp.Or(ctx.Err(), v.awaitRead(ctx)); err != nil {
		return err
	}
	for i, s := range sides {
		blocks[i].Cell = s.cell
		if err := v.complete(ctx, s, begin, &blocks[i]); err != nil {
			return err
		}
		if kept != nil {
			v.Record.Begin(s.requests...)
			kept[i].replay(v.Record)
		}
		if err := v.endBlock(s, blocks[i]); err != nil {
			return err
		}
	}
	return nil
}

// engine returns the load engine of a cell.
func (v *visitor) engine(cell int) (load.Engine, error) {
	name := v.Plan.Cells[cell].Engine
	engine, ok := v.Engines[name]
	if !ok {
		return nil, fmt.Errorf("plan has unknown engine %q", name)
	}
	return engine, nil
}

func visitingError(c plan.Cell, err error) error { return fmt.Errorf("visiting %s: %w", c, err) }

// side prepares the visit to a cell.
func (v *visitor) side(cell int, seed uint64) (side, error) {
	c := v.Plan.Cells[cell]
	s := side{cell: cell, target: v.targets[plan.TargetName{Workload: c.Workload, Model: c.Model}]}
	requests, err := v.Plan.Requests(c)
	if err != nil {
		return s, err
	}
	for i := range requests {
		if s.target.External {
			requests[i].Want.Headers = nil
		}
	}
	length, _ := v.Plan.Length(c)
	s.visit = load.Visit{URL: s.target.URL, Request: requests[0], Load: c.Load, Length: length,
		MinRequests: v.Plan.MinRequestsOf(c), Grace: v.grace(c, s.target), OtherClock: s.target.OtherClock, Seed: seed}
	if len(requests) > 1 {
		s.visit.Mix = requests
		for _, r := range requests {
			s.requests = append(s.requests, r.Name)
		}
	}
	return s, nil
}

// read returns the usage of a target so far.
func (v *visitor) read(ctx context.Context, t *subject.Target) (r reading, err error) {
	if !v.readsUsage() {
		return r, nil
	}
	r.database = t.DatabaseUsed()
	r.used, err = t.Usage(ctx, v.client)
	return r, err
}

// readAgain reads the usage of a target directly after another reading, and returns it with the CPU time that a reading
// costs the target: none if it does not report its usage itself.
func (v *visitor) readAgain(ctx context.Context, t *subject.Target, before *contract.Usage) (*contract.Usage, *int64,
	error) {
	if t.UsageFunc != nil {
		return before, new(int64), nil
	}
	again, err := v.read(ctx, t)
	if err != nil || again.used == nil {
		return before, nil, err
	}
	return again.used, new(max(again.used.Sub(*before).CPUNS(), 0)), nil
}

// generate makes the engine visit the sides. Observations of a single side are recorded immediately. Those of several
// sides are returned, to be recorded block by block. A part that has no share of the load generates none.
func (v *visitor) generate(ctx context.Context, engine load.Engine, sides []side, shares bool) ([]*keeper, error) {
	if !shares {
		v.Record.Begin(sides[0].requests...)
		sides[0].visit.Await()
		return nil, nil
	}
	if len(sides) == 1 {
		v.Record.Begin(sides[0].requests...)
		return nil, engine.Run(ctx, sides[0].visit, v.Record)
	}
	alternator, ok := engine.(load.Alternator)
	if !ok {
		return nil, fmt.Errorf("engine %q cannot alternate requests", v.Plan.Cells[sides[0].cell].Engine)
	}
	var visits []load.Visit
	var kept []*keeper
	var recorders []load.Recorder
	for _, s := range sides {
		s.visit.Length *= time.Duration(len(sides))
		k := &keeper{}
		visits, kept, recorders = append(visits, s.visit), append(kept, k), append(recorders, k)
	}
	return kept, alternator.Alternate(ctx, visits, plan.Cycle(len(sides)), recorders)
}

// complete adds to a block the usage of its target and the machine's counters since the visit began.
func (v *visitor) complete(ctx context.Context, s side, begin time.Time, block *record.Block) error {
	_, discard := v.Plan.Length(v.Plan.Cells[s.cell])
	block.DiscardNS = int64(discard)
	after, err := v.read(ctx, s.target)
	if err != nil {
		return err
	}
	if s.before.used != nil && after.used != nil {
		used := after.used.Sub(*s.before.used)
		block.Usage = &used
		last, visited := v.lastBlocks[s.target]
		if visited && v.latest != s.target { // another target was visited meanwhile
			block.IdleNS, block.IdleCPUNS = int64(begin.Sub(last.at)), s.before.used.Sub(last.used).CPUNS()
		}
		if !block.WarmUp && !v.readTwice[s.target] {
			if after.used, block.ReadingNS, err = v.readAgain(ctx, s.target, after.used); err != nil {
				return err
			}
			if v.readTwice == nil {
				v.readTwice = map[*subject.Target]bool{}
			}
			v.readTwice[s.target] = true
		}
		v.lastBlocks[s.target], v.latest = lastBlock{*after.used, time.Now()}, s.target
	}
	if s.before.database != nil && after.database != nil {
		block.DatabaseNS = new(*after.database - *s.before.database)
	}
	now := v.counters()
	block.Machine, v.counted = now.Sub(v.counted), now
	return nil
}

// A keeper is a load.Recorder that keeps observations in memory.
type keeper struct {
	observations []record.Observation
	excerpts     []excerpt
}

type excerpt struct {
	class string
	body  []byte
}

func (k *keeper) Observe(batch []record.Observation) {
	k.observations = append(k.observations, batch...)
}

func (k *keeper) ObserveExcerpt(class string, body []byte) {
	k.excerpts = append(k.excerpts, excerpt{class, slices.Clone(body)})
}

// replay passes all observations to r.
func (k *keeper) replay(r *record.Record) {
	r.Observe(k.observations)
	for _, e := range k.excerpts {
		r.ObserveExcerpt(e.class, e.body)
	}
}

// grace returns how long a visit waits for outstanding responses. In a closed loop each client may have to wait for all
// others, so slow requests get more time.
func (v *visitor) grace(c plan.Cell, t *subject.Target) time.Duration {
	grace := v.Plan.Grace(c)
	if grace == 0 || c.Load.Kind != plan.Closed {
		return grace
	}
	return min(grace+time.Duration(c.Load.Concurrency)*t.Slowest, c.Load.Timeout())
}

// endBlock records a block. It returns ErrNoneRight if none of its requests succeeded, or of a part or a check none of
// several blocks.
func (v *visitor) endBlock(s side, b record.Block) error {
	if failed := v.Record.Failed(); failed > 0 {
		b.LogLines = s.target.Logged(failed == v.Record.Requests())
	}
	c := v.Plan.Cells[s.cell]
	if err := v.Record.End(b); err != nil {
		return err
	}
	if v.Record.Failed() < v.Record.Requests() {
		delete(v.failing, s.cell)
	}
	switch v.Record.Failed() {
	case 0:
		if v.Record.Requests() == 0 && v.slot == nil {
			return fmt.Errorf("%s: %w: no request was sent", c, ErrNoneRight)
		}
	case v.Record.Requests():
		if v.failing == nil {
			v.failing = map[int]int{}
		}
		// Blocks of parts and of checks have few requests.
		if v.failing[s.cell]++; (v.slot != nil || v.Plan.Check != nil) && v.failing[s.cell] < mostFailing {
			return nil
		}
		advice := ""
		if v.Record.CutOff() == v.Record.Requests() {
			advice = "; " + overloadAdvice(v.Plan, c)
			if v.slot != nil {
				advice = "; a part waits for its last responses for a quarter of a block: use a longer --block"
			}
		}
		return fmt.Errorf("%s: %w: %s%s%s", c, ErrNoneRight, v.Record.FailureText(), advice, b.LogSuffix())
	}
	return nil
}

// mostFailing is the number of consecutive blocks without a right response that ends a part or a check.
const mostFailing = 5

// ErrNoneRight ends a run, which would otherwise measure how fast a target fails.
var ErrNoneRight = errors.New("no request got a right response")
