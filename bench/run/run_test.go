package run_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
)

// A virtualRun is a run in virtual time, which only starts, visits and stops advance.
type virtualRun struct {
	runner   *run.Runner
	launcher *fakeLauncher
	now      atomic.Int64

	forecasts []run.Forecast
	progress  []run.Progress
	shown     []time.Duration // time of each progress
}

const ms = time.Millisecond

// newVirtualRun returns a run in which starting and stopping a target take start and stop, and a visit takes what visit
// returns.
func newVirtualRun(t *testing.T, p plan.Plan, start, stop time.Duration,
	visit func(load.Visit) time.Duration) *virtualRun {
	t.Helper()
	r := &virtualRun{launcher: &fakeLauncher{}}
	pass := func(d time.Duration) { r.now.Add(int64(d)) }
	r.launcher.begin, r.launcher.wait = func() { pass(start) }, func() { pass(stop) }
	engine := &fakeEngine{run: func(ctx context.Context, v load.Visit, rec load.Recorder) error {
		pass(visit(v))
		return oneResponse(ctx, v, rec)
	}}
	r.runner = newRunner(t, p, r.launcher, engine)
	run.SetClock(r.runner, func() time.Time { return time.Unix(0, r.now.Load()) })
	r.runner.Announce = func(f run.Forecast) { r.forecasts = append(r.forecasts, f) }
	r.runner.Progress = func(p run.Progress) {
		r.progress, r.shown = append(r.progress, p), append(r.shown, time.Duration(r.now.Load()))
	}
	return r
}

// run executes the run and returns its duration and its blocks.
func (r *virtualRun) run(t *testing.T) (time.Duration, []record.Block) {
	t.Helper()
	if err := r.runner.Run(t.Context()); err != nil {
		t.Fatalf("Run = %v", err)
	}
	return time.Duration(r.now.Load()), read(t, r.runner.Record.Dir).Blocks
}

// planned returns the planned duration of a visit.
func planned(v load.Visit) time.Duration { return v.Length }

// wanting returns a Runner.Missing for which each cell needs this many blocks, not counting invalid ones.
func wanting(t *testing.T, r *run.Runner, blocks int, invalid func(record.Block) bool) func() ([]int, error) {
	run, seen := record.Follow(r.Record.Dir), 0
	missing := slices.Repeat([]int{blocks}, len(r.Plan.Cells))
	return func() ([]int, error) {
		if err := run.Read(); err != nil {
			t.Errorf("Read = %v", err)
		}
		for _, b := range run.Result.Blocks[seen:] {
			if invalid == nil || !invalid(b) {
				missing[b.Cell] = max(missing[b.Cell]-1, 0)
			}
		}
		seen = len(run.Result.Blocks)
		return slices.Clone(missing), nil
	}
}

// timedPlan returns a plan with short visits of 20 ms, and long visits of 250 ms in every third round. Three rounds
// take about 600 ms.
func timedPlan(budget time.Duration) plan.Plan {
	p := somePlan()
	p.Rounds, p.BlockNS, p.BudgetNS, p.Starts = 0, 0, int64(budget), 4
	p.Strides = []int{1, 1, 3, 3}
	return p
}

// perCell returns the number of blocks of each cell.
func perCell(p plan.Plan, blocks []record.Block) []int {
	n := make([]int, len(p.Cells))
	for _, b := range blocks {
		n[b.Cell]++
	}
	return n
}

// After the budget a run visits the cells that need visits, and those paired with them, in the rounds in which both
// would be visited, until there are enough.
func TestOvertime(t *testing.T) {
	p := timedPlan(3 * time.Second)
	r := newVirtualRun(t, p, 10*ms, 0, planned)
	// The budget is enough for five times three rounds. One block of cell 2 is invalid, so cell 3 gets one more than it
	// needs.
	r.runner.Missing = wanting(t, r.runner, 6, func(b record.Block) bool { return b.Cell == 2 && b.Round < 3 })
	took, blocks := r.run(t)
	within := blocks
	for i, b := range blocks {
		if p.Strides[b.Cell] == 3 && perCell(p, blocks[:i+1])[b.Cell] == 6 {
			within = blocks[:i]
			break
		}
	}
	if n := perCell(p, within); n[2] != 5 || n[3] != 5 || n[0] < 15 {
		t.Fatalf("visits by cell within the budget: %d, want 5 to cells 2 and 3", n)
	}
	after := blocks[len(within):]
	var want, got []int
	for _, round := range []int{after[0].Round, after[0].Round + 3} {
		for _, cell := range p.Order(round) {
			if p.Strides[cell] == 3 {
				want = append(want, cell, round)
			}
		}
	}
	for _, b := range after {
		got = append(got, b.Cell, b.Round)
		if b.Start != p.Starts-1 {
			t.Errorf("block %+v is of start %d, want the last one", b, b.Start)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells and rounds after the budget (-want +got):\n%s", diff)
	}
	if took < 3*time.Second || took > 5*time.Second {
		t.Errorf("run took %v, want about a second more than the budget", took)
	}
}

// A run ends with its budget if no visits are missing, and within twice the budget in any case.
func TestRunEndsByTime(t *testing.T) {
	const budget = 3 * time.Second
	for name, test := range map[string]struct {
		missing func(*testing.T, *run.Runner) func() ([]int, error)
		least   time.Duration
		most    time.Duration
	}{
		"Missing is nil": {func(*testing.T, *run.Runner) func() ([]int, error) { return nil },
			budget, budget + 600*ms},
		"nothing is missing": {func(t *testing.T, r *run.Runner) func() ([]int, error) {
			return wanting(t, r, 3, nil)
		}, budget, budget + 600*ms},
		"a cell has only invalid blocks": {func(t *testing.T, r *run.Runner) func() ([]int, error) {
			return wanting(t, r, 6, func(b record.Block) bool { return b.Cell == 2 })
		}, 2*budget - 600*ms, 2 * budget},
		"all cells need too many visits": {func(t *testing.T, r *run.Runner) func() ([]int, error) {
			return wanting(t, r, 1000, nil)
		}, 2*budget - 720*ms, 2 * budget}, // a round of 544 ms does not fit into the last 600 ms minus a reserve
	} {
		t.Run(name, func(t *testing.T) {
			r := newVirtualRun(t, timedPlan(budget), 10*ms, 10*ms, func(v load.Visit) time.Duration { return v.Length + 2*ms })
			r.runner.Missing = test.missing(t, r.runner)
			if took, _ := r.run(t); took < test.least || took > test.most {
				t.Errorf("run took %v, want %v to %v", took, test.least, test.most)
			}
		})
	}
}

// If the number of rounds is given, there is no overtime.
func TestRunWithRoundsHasNoOvertime(t *testing.T) {
	p := somePlan()
	r := newVirtualRun(t, p, 10*ms, 10*ms, planned)
	r.runner.Missing = func() ([]int, error) {
		t.Error("Missing was called")
		return nil, nil
	}
	if _, blocks := r.run(t); len(blocks) != p.Rounds*len(p.Cells) {
		t.Errorf("%d blocks, want %d", len(blocks), p.Rounds*len(p.Cells))
	}
	if f := r.forecasts[0]; f.Max != 0 || f.Starts != p.Starts || f.Targets != 2 {
		t.Errorf("announced %+v, want %d starts of 2 targets and Max 0", f, p.Starts)
	}
}

// An error of Missing ends the run.
func TestMissingFails(t *testing.T) {
	r := newVirtualRun(t, timedPlan(time.Second), 0, 0, planned)
	r.runner.Missing = func() ([]int, error) { return nil, errFake }
	if err := r.runner.Run(t.Context()); err != errFake {
		t.Errorf("Run = %v, want %v", err, errFake)
	}
}

// With a short budget there are fewer starts of the targets, but at least three, unless their number is given.
func TestShortBudgetHasFewerStarts(t *testing.T) {
	const budget = 3 * time.Second
	for name, test := range map[string]struct {
		start  time.Duration // duration of the start of each of two targets
		visit  time.Duration // added to the planned duration
		fewest int
		starts int
		over   bool // the run takes more than twice the budget
	}{
		"there is time for all":             {start: 10 * ms, fewest: 3, starts: 8},
		"starts take long":                  {start: 300 * ms, fewest: 3, starts: 4},
		"starts take all the time":          {start: time.Second, fewest: 3, starts: 3, over: true},
		"starts take long, but are given":   {start: 300 * ms, starts: 8},
		"starts take longer, but are given": {start: 600 * ms, starts: 8, over: true},
		"visits take long":                  {start: 10 * ms, visit: 100 * ms, fewest: 3, starts: 8},
		"visits take much longer":           {start: 10 * ms, visit: 1200 * ms, fewest: 3, starts: 3, over: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := timedPlan(budget)
			p.Starts, p.FewestStarts, p.Strides = 8, test.fewest, nil
			p.Cells = p.Cells[:2]
			r := newVirtualRun(t, p, test.start, 0, func(v load.Visit) time.Duration { return v.Length + test.visit })
			r.runner.Missing = wanting(t, r.runner, 6, nil)
			took, blocks := r.run(t)
			starts, last := int(r.launcher.started.Load())/2, blocks[len(blocks)-1].Start
			if starts != test.starts || last != starts-1 {
				t.Errorf("%d starts, the last block of start %d, want %d starts", starts, last, test.starts)
			}
			if over := took > 2*budget; over != test.over {
				t.Errorf("run took %v; want more than twice the budget: %t", took, test.over)
			}
			f := r.forecasts[len(r.forecasts)-1]
			if over := f.Total > f.Max; over != test.over || f.Starts != test.starts || f.Max != 2*budget {
				t.Errorf("announced %+v of a run that took %v with %d starts", f, took, test.starts)
			}
		})
	}
}

// The time since Began, when the first target was started, counts toward the budget.
func TestRunBeganBefore(t *testing.T) {
	r := newVirtualRun(t, timedPlan(3*time.Second), 10*ms, 0, planned)
	r.now.Store(int64(2 * time.Second))
	r.runner.Began = time.Unix(0, 0)
	if took, _ := r.run(t); took < 3*time.Second || took > 3600*ms {
		t.Errorf("run ended after %v, want the budget of 3s", took)
	}
}

// The forecast before the first start, and the time left at half of a run, are right within 20%, even if some visits
// have to be repeated.
func TestForecasts(t *testing.T) {
	for seed := range uint64(10) {
		for _, budget := range []time.Duration{2 * time.Second, 5 * time.Second, 30 * time.Second} {
			t.Run(fmt.Sprint(budget, seed), func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, uint64(budget)))
				p := timedPlan(budget)
				p.Starts, p.FewestStarts, p.Seed = 8, 3, seed
				if seed%2 == 0 {
					p.Strides = nil
				}
				running := newVirtualRun(t, p, 30*ms, 5*ms, func(v load.Visit) time.Duration {
					return v.Length + time.Duration(r.Float64()*float64(v.Length)/5)
				})
				running.runner.Missing = wanting(t, running.runner, int(budget/time.Second)*2, func(b record.Block) bool {
					return (b.Round*7+b.Cell/2)%10 == 0
				})
				took, _ := running.run(t)
				if took > 2*budget {
					t.Errorf("run took %v, more than twice the budget", took)
				}
				if got := running.forecasts[0].Total; !near(got, took) {
					t.Errorf("announced %v, but the run took %v", got, took)
				}
				half := slices.IndexFunc(running.progress, func(p run.Progress) bool { return p.Share >= 0.5 })
				if got, want := running.progress[half].Left, took-running.shown[half]; !near(got, want) {
					t.Errorf("Left = %v at half of the run, want %v; announced %+v", got, want, running.forecasts)
				}
			})
		}
	}
}

// The forecast before the first start has the planned duration of visits at a low rate.
func TestForecastOfALowRate(t *testing.T) {
	p := timedPlan(3 * time.Second)
	p.Cells, p.Strides, p.MinRequests, p.Starts, p.FewestStarts = p.Cells[:2], nil, 5, 8, 3
	for i := range p.Cells {
		p.Cells[i].Load = plan.Load{Kind: plan.Open, RateRPS: 0.5, Concurrency: 1}
	}
	r := newVirtualRun(t, p, 10*ms, 0, func(v load.Visit) time.Duration { return 10 * time.Second })
	r.runner.Missing = wanting(t, r.runner, 6, nil)
	took, _ := r.run(t)
	f := r.forecasts[0]
	f.Total = f.Total.Round(time.Second)
	want := run.Forecast{Total: time.Minute, Max: 6 * time.Second, Starts: 3, Targets: 2, Round: 20 * time.Second}
	if f != want || took.Round(time.Second) != time.Minute || len(r.forecasts) > 1 {
		t.Errorf("announced %+v of a run that took %v, want only %+v", r.forecasts, took, want)
	}
}

// near reports whether a prediction is right within 20%.
func near(got, want time.Duration) bool { return max(got-want, want-got) <= want/5 }
