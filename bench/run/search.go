package run

import (
	"context"
	"errors"
	"math/bits"
	"math/rand/v2"
	"time"

	"forktax/bench/plan"
)

// A point is visited more than once, because the noise of a shared machine comes in bursts: an invalid visit shows
// nothing, and a visit that missed the objective may have been disturbed unnoticed. A point that met it by chance is
// found out at the next start of the targets.
const (
	maxTries  = 3 // visits to a point in one start of the targets
	maxMisses = 2 // visits that miss the objective until the point is taken to miss it
)

// longestRetried is the longest duration of visits to a point for which the search continues at lower rates, if all
// visits to the point were invalid. At lower rates visits take even longer, and the rate is not what makes them
// invalid.
const longestRetried = 5 * time.Second

// Search visits the cells of each curve (see Plan.Curves) instead of rounds. At the first start of the targets it finds
// the highest rate that holds by bisection. At each further start, which has another memory layout, it goes down from
// there to a rate that still holds. If the next higher rate had only invalid visits, it tries that again, and continues
// from there if it holds. judge returns the result of the last visit in the record.
//
// If the plan has a budget, each curve has an equal share of it, but at least one visit. Results found within it are
// kept; missing visits show that the search is incomplete. A budget of 0 is unlimited.
func (r *Runner) Search(ctx context.Context, judge func() (plan.ObjectiveStatus, error)) error {
	defer pauseCollector()()
	s := &search{Runner: r, judge: judge, began: time.Now(), curves: r.Plan.Curves(), tried: map[int]int{}}
	for _, curve := range s.curves {
		s.found, s.missed = append(s.found, -1), append(s.missed, len(curve))
	}
	if r.Announce != nil {
		r.Announce(s.forecast())
	}
	for start := range r.Plan.Starts {
		if start > 0 && !s.worthStarting(start) {
			return nil
		}
		err := r.withTargets(ctx, s.began, start, func(ctx context.Context, v *visitor) error {
			return s.runStart(ctx, v, start)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A search is a search in progress.
type search struct {
	*Runner
	judge  func() (plan.ObjectiveStatus, error)
	began  time.Time
	curves [][]int     // cells of each curve; all curves have the same length
	found  []int       // by curve: the highest point known to hold; -1 if there is none
	missed []int       // by curve: the lowest point that missed in a valid visit; len(curve) if there is none
	tried  map[int]int // number of visits by cell
	visits int
}

// A turn is the part of a start of the targets in which one curve is searched.
type turn struct {
	*search
	visitor *visitor
	start   int
	index   int   // position among the turns of this start
	n       int   // index of the curve
	curve   []int // s.curves[n]
	tries   int   // visits in this turn
}

// Errors that end a turn.
var (
	errTimeUp = errors.New("the time for this curve is up")
	errNoise  = errors.New("the machine is too noisy for this curve") // at this start of the targets
)

func (s *search) runStart(ctx context.Context, v *visitor, start int) error {
	for index, n := range rand.New(rand.NewPCG(s.Plan.Seed, uint64(start))).Perm(len(s.curves)) {
		t := turn{search: s, visitor: v, start: start, index: index, n: n, curve: s.curves[n]}
		err := t.run(func(point int) (bool, error) { return t.holds(ctx, point) })
		if err != nil && !errors.Is(err, errTimeUp) && !errors.Is(err, errNoise) {
			return err
		}
	}
	return nil
}

// run searches the curve and updates t.found.
func (t *turn) run(holds probe) (err error) {
	found := &t.found[t.n]
	if *found, err = searchDown(*found, holds); err != nil {
		return err
	}
	if *found >= 0 && *found+1 < t.missed[t.n] { // the next point had only invalid visits, or there was no time
		ok, err := holds(*found + 1)
		if !ok || err != nil {
			return err
		}
		*found++
	}
	*found, err = bisect(*found, t.missed[t.n], holds)
	return err
}

// holds visits a point until the result is clear. A point with only invalid visits does not hold, as the rate may be
// the reason.
func (t *turn) holds(ctx context.Context, point int) (bool, error) {
	misses := 0
	for range maxTries {
		verdict, err := t.visit(ctx, point)
		if err != nil {
			return false, err
		}
		if verdict == plan.Met {
			return true, nil
		}
		if verdict != plan.Unclear {
			misses++
		}
		if verdict == plan.Failed || misses == maxMisses {
			break
		}
	}
	switch {
	case misses > 0:
		t.missed[t.n] = min(t.missed[t.n], point)
	case t.Plan.Duration(t.Plan.Cells[t.curve[point]]) > longestRetried:
		return false, errNoise
	}
	return false, nil
}

// visit visits a point, if the time allows. The n-th visit to a rate has the same arrivals on each curve, so that the
// models get the same requests.
func (t *turn) visit(ctx context.Context, point int) (plan.ObjectiveStatus, error) {
	cell := t.curve[point]
	if first := t.start == 0 && t.tries == 0; !first && !t.fits(t.start, t.index, cell) {
		return plan.Unclear, errTimeUp
	}
	t.reportProgress(Progress{Share: t.share(t.start, t.index, t.tries), Left: t.left(), Done: t.visits, Start: t.start,
		Cell: t.Plan.Cells[cell]})
	err := t.visitor.visit(ctx, t.start, t.visits, []int{cell}, t.Plan.BlockSeed(point<<16|t.tried[cell]))
	t.tries++
	t.visits++
	t.tried[cell]++
	if err != nil && !errors.Is(err, ErrNoneRight) { // the block is recorded, so judge evaluates it
		return plan.Unclear, err
	}
	return t.judge()
}

// worthStarting reports whether another start of the targets would have any visit.
func (s *search) worthStarting(start int) bool {
	for n, point := range s.found {
		if point < 0 && s.missed[n] == 0 { // nothing holds
			continue
		}
		if point < 0 { // all visits were invalid: the search is repeated
			point = (s.missed[n] - 1) / 2
		}
		if s.fits(start, len(s.curves)-1, s.curves[n][point]) {
			return true
		}
	}
	return false
}

// fits reports whether a visit to the cell of its planned duration ends within the time of the turn with this index.
func (s *search) fits(start, index, cell int) bool {
	if s.Plan.BudgetNS == 0 {
		return true
	}
	end := time.Duration(float64(s.Plan.BudgetNS) * s.share(start, index+1, 0))
	return time.Since(s.began)-s.warmed+s.Plan.Duration(s.Plan.Cells[cell]) <= end
}

// share returns the completed share of the search, after tries visits in the turn with this index. It assumes that no
// point is visited twice: a curve takes as many visits as bisection needs, and one at each further start.
func (s *search) share(start, index, tries int) float64 {
	halves, n := bits.Len(uint(len(s.curves[0]))), len(s.curves)
	done := index*halves + min(tries, halves-1)
	if start > 0 {
		done = n*halves + (start-1)*n + index
	}
	return float64(done) / float64(n*(halves+s.Plan.Starts-1))
}
