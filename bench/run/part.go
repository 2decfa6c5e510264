package run

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/plan"
	"forktax/bench/process"
)

// RunPart measures the part of the plan by its timetable, which is the same for all parts. It begins at Plan.StartAt,
// or at once if that is zero.
func (r *Runner) RunPart(ctx context.Context) error {
	defer pauseCollector()()
	r.Agree = nil // the timetable has rounds for the warm-up
	slots, length := r.Plan.Timetable()
	return r.withTargets(ctx, r.clock(), 0, func(ctx context.Context, v *visitor) error {
		if err := r.recordClock(ctx, v, r.untilStart(), r.wall); err != nil {
			return err
		}
		left := r.untilStart()
		v.began = r.clock().Add(left)
		beginning := r.wall().Add(left)
		t := timetable{visitor: v, length: length}
		for _, slot := range slots {
			if err := t.keep(ctx, slot); err != nil {
				return err
			}
		}
		if t.done == 0 {
			return fmt.Errorf("nothing was measured: this part was ready %v after the others began (--start-at), and all "+
				"takes %v", -r.untilStart().Round(time.Second), length.Round(time.Second))
		}
		// The timetable does not follow the time of day, which may have been set meanwhile. It may run faster or slower
		// than the clocks of other machines.
		return r.recordClock(ctx, v, clockReserve+clockLimit, func() time.Time {
			return beginning.Add(r.clock().Sub(v.began))
		})
	})
}

// untilStart returns the time until the plan begins, by the wall clock; 0 if it begins at once.
func (r *Runner) untilStart() time.Duration {
	if r.Plan.StartAt.IsZero() {
		return 0
	}
	return r.Plan.StartAt.Sub(r.wall())
}

// A timetable is the progress of a part.
type timetable struct {
	*visitor
	length time.Duration
	done   int // number of blocks
}

// keep visits the cell of a slot at its time. A slot that has begun too long ago is left out: the other parts have
// begun its block.
func (t *timetable) keep(ctx context.Context, slot plan.Slot) error {
	c := t.Plan.Cells[slot.Cell]
	if t.clock().Sub(t.began) > slot.Begin+t.Plan.MaxLate(c) {
		return nil
	}
	t.reportProgress(Progress{Share: float64(slot.At) / float64(t.length), Left: t.length - t.clock().Sub(t.began),
		Done: t.done, Start: slot.Start, Cell: c})
	if err := t.sleepUntil(ctx, slot.At); err != nil {
		return err
	}
	t.slot = &slot
	err := t.visit(ctx, slot.Start, slot.Round, []int{slot.Cell}, t.Plan.BlockSeed(slot.Round))
	if !slot.WarmUp {
		t.done++
	}
	return err
}

// sleepUntil returns when the timetable has reached this time, or with an error when ctx ends.
func (t *timetable) sleepUntil(ctx context.Context, at time.Duration) error {
	return sleep(ctx, t.began.Add(at).Sub(t.clock()))
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A beginning is when the load of a block began, and the CPU time of this process at that time.
type beginning struct {
	at  time.Time
	cpu time.Duration
}

// share makes the visit that of this part, which begins at the time of its slot. It reports whether the part has a
// share of the load: of one client, only one of the parts has.
func (v *visitor) share(ctx context.Context, s *side, begin *beginning) bool {
	if v.slot == nil {
		return true
	}
	c := v.Plan.Cells[s.cell]
	s.visit.Load, s.visit.Part = v.Plan.Part.ShareOf(c.Load), *v.Plan.Part
	s.visit.Grace = v.Plan.Tail(c)
	s.visit.Length, s.visit.MinRequests = v.Plan.Duration(c), 0 // a block that takes longer would not fit into its slot
	at := v.began.Add(v.slot.Begin)
	s.visit.Await = func() {
		_ = sleep(ctx, time.Until(at)) // the engine notices that ctx has ended
		*begin = beginning{time.Now(), process.OwnCPU()}
	}
	return s.visit.Load.Concurrency > 0
}

// readsUsage reports whether this part reads the usage of the targets: it counts the requests of all parts of a run, so
// the first part alone does. The parts of a check have targets of their own.
func (v *visitor) readsUsage() bool {
	return v.Plan.Part == nil || v.Plan.Check != nil || v.Plan.Part.Number == 1
}

// awaitFirstRead waits until the first part has read the usage before the block, which connections of this part change.
func (v *visitor) awaitFirstRead(ctx context.Context) error {
	if v.slot == nil || v.readsUsage() {
		return nil
	}
	return sleep(ctx, time.Until(v.began.Add(v.slot.At+plan.ReadLead)))
}

// awaitRead waits until the requests of all parts have ended.
func (v *visitor) awaitRead(ctx context.Context) error {
	if v.slot == nil || !v.readsUsage() {
		return nil
	}
	return sleep(ctx, time.Until(v.began.Add(v.slot.Read)))
}
