package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// A Launcher starts targets, several at the same time. Launch returns when the target answers. Stop ends it, with every process it started, and
// returns an error if it did not end well; it may be called once, and at the same time as those of other targets.
type Launcher interface {
	Launch(ctx context.Context, model, workload string) (t *subject.Target, stop func() error, err error)
}

// A Runner carries out a plan: it starts the targets, proves that they do the same work, and visits every cell in
// turn, round after round.
type Runner struct {
	Plan     plan.Plan
	Launcher Launcher
	Engines  map[string]load.Engine // by the name that cells call them
	Record   *record.Record         // where each block goes before the next begins
	Machine  func() record.Counters // what the machine has counted so far; nil means nobody knows
	Progress func(Progress)         // called before each block; nil means nobody wants to know
	Announce func(Forecast)         // called before the first start, and again if it turns out otherwise; may be nil
	Began    time.Time              // when the first target was started, if that was before; the budget counts from then

	overload *overload // the last, whose target may still be busy; nil if there is none

	// Missing returns, of each cell of the plan, how many more valid visits it takes until its comparisons have what
	// they need. A run by time goes on for them after its budget, up to Plan.MaxDuration. It is called between rounds.
	// If it is nil, the run ends with the budget.
	Missing func() ([]int, error)

	// Agree reports whether two adjacent windows of response times, in nanoseconds, are of a target that is steady, so that
	// its warm-up ends. If it is nil, there is none.
	Agree func(before, after []float64) bool

	checkStart int              // of the targets, if it is a check
	leaveOut   string           // the model of targets that are not started
	launches   uint64           // of all targets, so far
	warmed     time.Duration    // what warm-up has taken so far, curves included: the budget does not count it
	described  bool             // the responses are on record
	now        func() time.Time // nil is time.Now
}

// Progress says how far a run is.
type Progress struct {
	Share float64       // of the run that is done, from 0 to 1
	Left  time.Duration // as far as can be told; 0 if it cannot
	Done  int           // blocks
	Start int
	Cell  plan.Cell // that is visited next
}

// Run returns when every block is recorded, or why it did not come to that. The record then holds what was measured; to
// finish it is the caller's, who knows what to call the end.
func (r *Runner) Run(ctx context.Context) error {
	defer pauseCollector()()
	n := &run{Runner: r, schedule: r.schedule(), began: time.Now()}
	if err := n.replan(); err != nil {
		return err
	}
	for n.start < n.starts {
		if err := n.runStart(ctx); err != nil {
			return err
		}
	}
	return nil
}

// schedule returns one that begins now, or began when the first target was started.
func (r *Runner) schedule() *schedule {
	began := r.Began
	if began.IsZero() {
		began = r.clock()
	}
	return newSchedule(r.Plan, func() time.Duration { return r.clock().Sub(began) - r.warmed })
}

// withTargets starts all targets, verifies that they are equivalent, warms those that stay, and stops them after use. The context that use
// gets ends when a target dies.
func (r *Runner) withTargets(ctx context.Context, began time.Time, start int, use func(context.Context, *visitor) error) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	targets, stop, err := r.launch(ctx, cancel)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	v := &visitor{Runner: r, began: began, targets: targets, client: &http.Client{Timeout: usageTimeout},
		lastBlocks: map[*subject.Target]lastBlock{}, waits: r.watchWaits(targets)}
	defer v.client.CloseIdleConnections()
	defer v.waits.close()
	v.counted = r.counters()
	if err = r.makeReady(ctx, v, start); err == nil {
		err = use(ctx, v)
	}
	if err != nil {
		return deathOr(ctx, err)
	}
	return nil
}

// makeReady draws the curves of the targets that stay, verifies all, and warms those that stay.
func (r *Runner) makeReady(ctx context.Context, v *visitor, start int) error {
	warmings := v.warmings(start)
	if len(warmings) == 0 {
		return r.verifyTargets(ctx, v.targets)
	}
	err := r.apart(func() error {
		for _, w := range warmings {
			if err := w.draw(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.verifyTargets(ctx, v.targets); err != nil {
		return err
	}
	return r.apart(func() error { return v.warmUp(ctx, warmings) })
}

// apart calls do, whose duration is not part of the budget.
func (r *Runner) apart(do func() error) error {
	began := r.clock()
	defer func() { r.warmed += r.clock().Sub(began) }()
	return do()
}

func (r *Runner) clock() time.Time {
	if r.now == nil {
		return time.Now()
	}
	return r.now()
}

func (r *Runner) reportProgress(p Progress) {
	if r.Progress != nil {
		r.Progress(p)
	}
}

func (r *Runner) counters() record.Counters {
	if r.Machine == nil {
		return record.Counters{}
	}
	return r.Machine()
}

// errTargetDied marks the end of a target that nobody asked to end.
var errTargetDied = errors.New("a target died")

// longExitDelay is how long the end of a process is waited for on a busy machine, if the network failed, which is how
// that end looks.
const longExitDelay = 2 * time.Second

// deathOr returns why a target died, if that is what ended ctx, or is about to, and with it caused err, and else err.
func deathOr(ctx context.Context, err error) error {
	wait := subject.ExitDelay
	if isWithoutResponse(err) {
		wait = longExitDelay
	}
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
	if cause := context.Cause(ctx); errors.Is(cause, errTargetDied) {
		return cause
	}
	return err
}

// startStream is in the second half of the generator's seed, which no round's order has.
const startStream = 0x7374617274 << 24 // "start"

// launch starts every target of the plan, in an order that is drawn for each start of them: what comes first may find
// the machine in another state. Those whose requests are to alternate are started at the same time. The returned stop
// ends those that were started, even after an error.
func (r *Runner) launch(ctx context.Context, cancel context.CancelCauseFunc) (map[plan.TargetName]*subject.Target, func() error, error) {
	names := slices.DeleteFunc(r.Plan.Targets(), func(n plan.TargetName) bool { return n.Model == r.leaveOut && n.Model != "" })
	order := rand.New(rand.NewPCG(r.Plan.Seed, startStream^r.launches)).Perm(len(names))
	r.launches++
	all := make([]launched, len(names))
	if r.Plan.Alternating {
		var starting sync.WaitGroup
		for _, i := range order {
			starting.Go(func() { all[i] = r.launchOne(ctx, names[i]) })
		}
		starting.Wait()
	} else {
		for _, i := range order {
			if all[i] = r.launchOne(ctx, names[i]); all[i].err != nil {
				break
			}
		}
	}
	targets := map[plan.TargetName]*subject.Target{}
	var stops []func() error
	var failed error
	for i, l := range all {
		if failed = cmp.Or(failed, l.err); l.target == nil {
			continue
		}
		targets[names[i]], stops = l.target, append(stops, l.stop)
		if l.target.Gone != nil {
			go watchTarget(ctx, l.target, cancel)
		}
	}
	return targets, func() error { return stopAll(stops) }, failed
}

// A launched target was started, or err says why not.
type launched struct {
	target *subject.Target
	stop   func() error
	err    error
}

func (r *Runner) launchOne(ctx context.Context, name plan.TargetName) launched {
	model := name.Model
	if c := r.Plan.Check; c != nil && model == c.Control && model != "" {
		_, model = r.Plan.ControlOf(r.checkStart)
	}
	t, end, err := r.Launcher.Launch(ctx, model, name.Workload)
	if err != nil {
		return launched{err: fmt.Errorf("starting %s as %s: %w", name.Workload, name.Model, err)}
	}
	t.Model = name.Model // whichever program the control is
	return launched{target: t, stop: func() error {
		if err := end(); err != nil {
			return fmt.Errorf("stopping %s as %s: %w", name.Workload, name.Model, err)
		}
		return nil
	}}
}

// A StopError says which targets did not end well when they were told to, and how.
type StopError struct{ error }

// Unwrap is for package errors.
func (e *StopError) Unwrap() error { return e.error }

// stopAll calls all stops at the same time: each may take as long as a target may drain.
func stopAll(stops []func() error) error {
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

// watchTarget ends the run when the target goes, until ctx ends.
func watchTarget(ctx context.Context, t *subject.Target, cancel context.CancelCauseFunc) {
	select {
	case why := <-t.Gone:
		cancel(fmt.Errorf("%w: %s as %s: %w", errTargetDied, t.Workload, t.Model, why))
	case <-ctx.Done():
	}
}

// verifyTargets verifies for each workload that the responses of its targets are equivalent, and puts the first on record.
func (r *Runner) verifyTargets(ctx context.Context, targets map[plan.TargetName]*subject.Target) error {
	var responses []record.Response
	for _, w := range r.Plan.Workloads {
		var twins []*subject.Target
		for _, name := range r.Plan.Targets() {
			if name.Workload == w.Name && targets[name] != nil {
				twins = append(twins, targets[name])
			}
		}
		sent, err := verification{w.Requests, twins, r.Plan.IgnoreHeaders, r.Plan.AllowDifferent,
			r.launches, r.Plan.Alternating}.verify(ctx)
		if err != nil {
			return err
		}
		responses = append(responses, sent...)
	}
	if r.described {
		return nil
	}
	r.described = true
	return r.Record.Describe(responses)
}

// usageTimeout bounds one look at a target's admin listener.
const usageTimeout = 5 * time.Second
