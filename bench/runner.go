package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// A Runner carries out a plan: it starts the targets, proves that they do the same work, and visits every cell in
// turn, round after round.
type Runner struct {
	Plan     Plan
	Launcher Launcher
	Engines  map[string]Engine // by the name that cells call them
	Record   *Record           // where each block goes before the next begins
	Machine  func() Counters   // what the machine has counted so far; nil means nobody knows
	Progress func(Progress)    // called before each block; nil means nobody wants to know

	starts uint64 // of all targets, so far
}

// Progress says how far a run is.
type Progress struct {
	Share float64       // of the run that is done, from 0 to 1
	Left  time.Duration // as far as can be told; 0 at the beginning
	Done  int           // blocks
	Group int
	Cell  Cell // that is visited next
}

// Run returns when every block is recorded, or why it did not come to that. The record then holds what was measured; to
// finish it is the caller's, who knows what to call the end.
func (r *Runner) Run(ctx context.Context) error {
	defer pauseCollector()()
	s := schedule{plan: r.Plan, began: time.Now()}
	for group := range r.Plan.Groups {
		if err := r.group(ctx, group, &s); err != nil {
			return err
		}
	}
	return nil
}

// group starts all targets anew and visits the cells in the group's rounds.
func (r *Runner) group(ctx context.Context, group int, s *schedule) error {
	return r.onTargets(ctx, s.began, func(ctx context.Context, v *visitor) error {
		s.first = s.round
		for s.more(group) {
			if err := v.round(ctx, group, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// round visits the cells whose turn it is.
func (v *visitor) round(ctx context.Context, group int, s *schedule) error {
	for _, cell := range v.Plan.order(s.round) {
		v.tell(s.progress(group, v.Plan.Cells[cell]))
		if err := v.visit(ctx, group, s.round, cell, v.Plan.visitSeed(s.round)); err != nil {
			return err
		}
		s.blocks++
	}
	s.round++
	return nil
}

// onTargets starts all targets, proves that they are alike, and stops them after use. The context that use gets ends
// when a target dies.
func (r *Runner) onTargets(ctx context.Context, began time.Time, use func(context.Context, *visitor) error) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	targets, stop, err := r.launch(ctx, cancel)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	v := &visitor{Runner: r, began: began, targets: targets, client: &http.Client{Timeout: usageTimeout},
		rested: map[*Target]rest{}}
	defer v.client.CloseIdleConnections()
	v.counted = r.counters()
	if err = r.alike(ctx, targets); err == nil {
		err = use(ctx, v)
	}
	if err != nil {
		return orDied(ctx, err)
	}
	return nil
}

func (r *Runner) tell(p Progress) {
	if r.Progress != nil {
		r.Progress(p)
	}
}

func (r *Runner) counters() Counters {
	if r.Machine == nil {
		return Counters{}
	}
	return r.Machine()
}

// errDied marks the end of a target that nobody asked to end.
var errDied = errors.New("a target died")

// hindsight is how much later than its clients the parent of a process may learn that it has ended.
const hindsight = 100 * time.Millisecond

// orDied returns why a target died, if that is what ended ctx, or is about to, and with it caused err, and else err.
func orDied(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
	case <-time.After(hindsight):
	}
	if cause := context.Cause(ctx); errors.Is(cause, errDied) {
		return cause
	}
	return err
}

// startStream is in the second half of the generator's seed, which no round's order has.
const startStream = 0x7374617274 << 24 // "start"

// launch starts every target of the plan, in an order that is drawn for each start of them: what comes first may find the
// machine in another state. The returned stop ends those that were started, even after an error.
func (r *Runner) launch(ctx context.Context, cancel context.CancelCauseFunc) (map[targetName]*Target, func() error, error) {
	targets := map[targetName]*Target{}
	names := r.Plan.targets()
	stops := make([]func() error, len(names))
	for i := range stops {
		stops[i] = func() error { return nil } // of one that is not started
	}
	stop := func() error { return together(stops) }
	order := rand.New(rand.NewPCG(r.Plan.Seed, startStream^r.starts)).Perm(len(names))
	r.starts++
	for _, i := range order {
		name := names[i]
		t, end, err := r.Launcher.Launch(ctx, name.model, name.workload)
		if err != nil {
			return nil, stop, fmt.Errorf("starting %s as %s: %w", name.workload, name.model, err)
		}
		stops[i] = func() error {
			if err := end(); err != nil {
				return fmt.Errorf("stopping %s as %s: %w", name.workload, name.model, err)
			}
			return nil
		}
		targets[name] = t
		if t.Gone != nil {
			go watch(ctx, t, cancel)
		}
	}
	return targets, stop, nil
}

// A StopError says which targets did not end well when they were told to, and how.
type StopError struct{ error }

// Unwrap is for package errors.
func (e *StopError) Unwrap() error { return e.error }

// together calls all stops at the same time: each may take as long as a target may drain.
func together(stops []func() error) error {
	errs := make([]error, len(stops))
	var all sync.WaitGroup
	for i, stop := range stops {
		all.Go(func() { errs[i] = stop() })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return &StopError{err}
	}
	return nil
}

// watch ends the run when the target goes, until ctx ends.
func watch(ctx context.Context, t *Target, cancel context.CancelCauseFunc) {
	select {
	case why := <-t.Gone:
		cancel(fmt.Errorf("%w: %s as %s: %w", errDied, t.Workload, t.Model, why))
	case <-ctx.Done():
	}
}

// alike proves for each workload that its targets answer the same.
func (r *Runner) alike(ctx context.Context, targets map[targetName]*Target) error {
	for _, w := range r.Plan.Workloads {
		var twins []*Target
		for _, name := range r.Plan.targets() {
			if name.workload == w.Name {
				twins = append(twins, targets[name])
			}
		}
		err := checkAlike(ctx, w.Requests, twins)
		var differ *Difference
		if errors.As(err, &differ) && r.Plan.AllowDifferent {
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}
