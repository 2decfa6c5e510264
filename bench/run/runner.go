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

// A Launcher starts targets. Launch may be called concurrently, and returns when the target responds. stop stops the
// target with all its processes, and returns an error if the target did not end cleanly. It must be called only once;
// stops of different targets may be called concurrently.
type Launcher interface {
	Launch(ctx context.Context, model, workload string) (t *subject.Target, stop func() error, err error)
}

// A Runner executes a plan: it starts the targets, verifies that their responses are equivalent, and visits every cell
// in rounds.
type Runner struct {
	Plan     plan.Plan
	Launcher Launcher
	Engines  map[string]load.Engine // engines by name, as in Cell.Engine
	Record   *record.Record         // blocks are written to it one by one
	Machine  func() record.Counters // returns the machine's counters; may be nil
	Progress func(Progress)         // called before each block; may be nil
	Announce func(Forecast)         // called before the first start and when the forecast changes; may be nil
	Lost     func(plan.Lost)        // called when a target of a suite is lost; may be nil
	Began    time.Time              // start of the budget, if a target was started before Run; may be zero
	// Place gives generator and targets cores of their own before a start of the targets, or lets them share all; nil: it
	// is not done.
	Place func(start int) (shared bool, err error)
	Wall  func() time.Time // time of day, by which parts begin; nil means time.Now

	overload *overload // the last one, whose target may still be busy; nil if there is none

	// Missing returns, for each cell of the plan, the number of valid visits that its comparisons still need. A run with
	// a budget continues after it for them, up to Plan.MaxDuration. Missing is called between rounds. If it is nil, the
	// run ends with the budget.
	Missing func() ([]int, error)

	// Agree reports whether two adjacent windows of response times, in nanoseconds, are those of a steady target, so that
	// the warm-up can end. If it is nil, there is no warm-up.
	Agree func(before, after []float64) bool

	lost       *lostTargets     // targets that failed; nil if the plan is not of a suite
	checkStart int              // index of the start of the targets, in a check
	leaveOut   string           // model whose targets are not started
	failing    map[int]int      // consecutive blocks without a right response, by cell
	launches   uint64           // number of starts of all targets so far
	warmed     time.Duration    // time of warm-ups and curves so far, which do not count toward the budget
	described  bool             // the responses are recorded
	now        func() time.Time // nil means time.Now
}

// Progress is the progress of a run.
type Progress struct {
	Share float64       // completed share of the run, from 0 to 1
	Left  time.Duration // predicted; 0 if unknown
	Done  int           // number of blocks
	Start int           // index of the start of the targets
	Cell  plan.Cell     // visited next
}

// Run executes the plan. It returns when all blocks are recorded, or an error. The caller must call Record.Finish in
// both cases.
func (r *Runner) Run(ctx context.Context) error {
	defer pauseCollector()()
	if r.Plan.Suite != nil {
		r.lost = &lostTargets{}
	}
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

// schedule returns a new schedule that begins at r.Began, or now if that is zero.
func (r *Runner) schedule() *schedule {
	began := r.Began
	if began.IsZero() {
		began = r.clock()
	}
	return newSchedule(r.Plan, func() time.Duration { return r.clock().Sub(began) - r.warmed })
}

// withTargets starts all targets, verifies that they are equivalent, warms up the resident ones, calls use, and stops
// the targets. The context passed to use ends when a target dies.
func (r *Runner) withTargets(ctx context.Context, began time.Time, start int,
	use func(context.Context, *visitor) error) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	shared := false
	if r.Place != nil {
		if shared, err = r.Place(start); err != nil {
			return err
		}
	}
	targets, stop, err := r.launch(ctx, cancel)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	v := &visitor{Runner: r, began: began, targets: targets, client: &http.Client{Timeout: usageTimeout},
		lastBlocks: map[*subject.Target]lastBlock{}, waits: r.watchWaits(targets), shared: shared}
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

// makeReady measures the curves of the resident targets, verifies all targets, and warms up the resident ones.
func (r *Runner) makeReady(ctx context.Context, v *visitor, start int) error {
	warmings := v.warmings(start)
	if len(warmings) == 0 {
		return r.verifyTargets(ctx, v.targets)
	}
	err := r.outsideBudget(func() error {
		for _, w := range warmings {
			if err := w.measureCurve(ctx); err != nil && !v.loseCell(ctx, w.cells[0], err) {
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
	return r.outsideBudget(func() error { return v.warmUp(ctx, warmings) })
}

// outsideBudget calls do. Its duration does not count toward the budget.
func (r *Runner) outsideBudget(do func() error) error {
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

// errTargetDied is wrapped by the cause of a context that ends because a target ended unexpectedly.
var errTargetDied = errors.New("a target died")

// longExitDelay is the time to wait for the exit of a process after a network error, on a busy machine. A dying server
// may close its connections before its exit is noticed.
const longExitDelay = 2 * time.Second

// deathOr returns the reason why a target died, if that ended ctx or is about to, and so caused err. Otherwise it
// returns err.
func deathOr(ctx context.Context, err error) error {
	wait := subject.ExitDelay
	if isWithoutResponse(err) || errors.Is(err, ErrNoneRight) {
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

// startStream is xored into the second half of the PCG seed, to make the stream differ from those of the rounds'
// orders.
const startStream = 0x7374617274 << 24 // "start"

// launch starts every target of the plan. The order is random for each start, since the first target may find the
// machine in another state. If requests alternate, the targets are started at the same time. The returned function
// stops the started targets; it must be called even after an error.
func (r *Runner) launch(ctx context.Context, cancel context.CancelCauseFunc) (map[plan.TargetName]*subject.Target,
	func() error, error) {
	names := slices.DeleteFunc(r.Plan.Targets(), func(n plan.TargetName) bool {
		return n.Model == r.leaveOut && n.Model != "" || r.isLost(n)
	})
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
			all[i] = r.launchOne(ctx, names[i])
			if err := all[i].err; err != nil && r.lose(ctx, names[i], err) {
				all[i].err = nil
			} else if err != nil {
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
			go r.watchTarget(ctx, l.target, cancel)
		}
	}
	if failed == nil && len(targets) == 0 {
		failed = r.noneLeft()
	}
	return targets, func() error { return stopAll(stops) }, failed
}

// A launched is the result of starting a target: the target and its stop function, or an error.
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
	t.Model = name.Model // for the control, model is that of the launched program
	return launched{target: t, stop: func() error {
		if err := end(); err != nil && !r.isLost(name) && !r.lose(ctx, name, fmt.Errorf("stopping it: %w", err)) {
			return fmt.Errorf("stopping %s as %s: %w", name.Workload, name.Model, err)
		}
		return nil
	}}
}

// A StopError is returned when targets did not stop cleanly. It wraps the error of each.
type StopError struct{ error }

// Unwrap returns the joined errors.
func (e *StopError) Unwrap() error { return e.error }

// stopAll calls all stops concurrently, since each may take as long as the drain timeout of a target.
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

// watchTarget cancels the run if the target ends and is not to be lost. It returns when ctx ends.
func (r *Runner) watchTarget(ctx context.Context, t *subject.Target, cancel context.CancelCauseFunc) {
	select {
	case why := <-t.Gone:
		if r.lose(ctx, nameOf(t), why) {
			return
		}
		cancel(fmt.Errorf("%w: %s as %s: %w", errTargetDied, t.Workload, t.Model, why))
	case <-ctx.Done():
	}
}

// verifyTargets verifies for each workload that the responses of its targets are equivalent. It records the responses
// at the first start.
func (r *Runner) verifyTargets(ctx context.Context, targets map[plan.TargetName]*subject.Target) error {
	var responses []record.Response
	for _, w := range r.Plan.Workloads {
		var group []*subject.Target
		for _, name := range r.Plan.Targets() {
			if name.Workload == w.Name && targets[name] != nil {
				group = append(group, targets[name])
			}
		}
		v := verification{requests: w.Requests, targets: group, ignoreHeaders: r.Plan.IgnoreHeaders,
			allowDifferent: r.Plan.AllowDifferent, start: r.launches, concurrent: r.Plan.Alternating}
		if r.Plan.Suite != nil {
			v.lose = func(t *subject.Target, err error) bool { return r.lose(ctx, nameOf(t), err) }
		}
		sent, err := v.verify(ctx)
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

// usageTimeout is the timeout of a request to a target's admin listener.
const usageTimeout = 5 * time.Second
