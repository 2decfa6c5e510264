package run

import (
	"context"
	"errors"
	"math/bits"
	"math/rand/v2"
	"time"

	"forktax/bench/plan"
)

// A point is asked more than once, because the noise of a shared machine comes in moments: a visit that is invalid
// says nothing, and one that missed the objective may have met such a moment unseen. What passed by chance falls at the
// next start of the targets.
const (
	mostTries  = 3 // visits to a point in one start of the targets
	mostMisses = 2 // of them; so many are an answer
)

// longestRetried is how long visits to a point may be that is invalid each time, for the search to go on further down
// its curve at this start. At lower rates they are longer still, and it is not the rate that makes them invalid.
const longestRetried = 5 * time.Second

// Search visits, in place of rounds, the cells of each workload, request and model, which the plan has in order of
// their rates: its curve. At the first start of the targets it looks for the highest rate that holds, by halves. At
// each further start, which draws another memory layout, it goes down from there to one that still holds. If the next
// was invalid each time, it asks for that again, and goes on from there where it holds. Judge says what the visit just
// made, the last in the record, means.
//
// If the plan has a budget, each curve has its share of it, one visit at the least. What was found until then stands;
// that it is not settled can be told by the visits that are missing. A budget of 0 is no bound.
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

// A search is one that is under way.
type search struct {
	*Runner
	judge  func() (plan.ObjectiveStatus, error)
	began  time.Time
	curves [][]int     // equally long
	found  []int       // the highest point of each curve that holds, as far as is known; -1 if none does
	missed []int       // the lowest that did not, other than for being invalid; the length of the curve if there is none
	tried  map[int]int // how often each cell was visited
	visits int
}

// A turn is what one curve has in one start of the targets.
type turn struct {
	*search
	visitor *visitor
	start   int
	index   int   // among the curves of this start
	n       int   // of the curve
	curve   []int // s.curves[n]
	asked   int   // visits
}

// What ends a turn.
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

// run searches the curve: what it finds is what is known of the curve from now on.
func (t *turn) run(holds probe) (err error) {
	found := &t.found[t.n]
	if *found, err = searchDown(*found, holds); err != nil {
		return err
	}
	if *found >= 0 && *found+1 < t.missed[t.n] { // the next was invalid each time, or there was no time
		ok, err := holds(*found + 1)
		if !ok || err != nil {
			return err
		}
		*found++
	}
	*found, err = bisect(*found, t.missed[t.n], holds)
	return err
}

// holds asks a point until the answer is clear. What is invalid each time does not hold: the rate may be the
// reason.
func (t *turn) holds(ctx context.Context, point int) (bool, error) {
	misses := 0
	for range mostTries {
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
		if verdict == plan.Failed || misses == mostMisses {
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

// visit makes one, if the time allows. The first, second and further visits to a rate meet the same arrivals on each
// curve, so that the twins are asked the same.
func (t *turn) visit(ctx context.Context, point int) (plan.ObjectiveStatus, error) {
	cell := t.curve[point]
	if first := t.start == 0 && t.asked == 0; !first && !t.fits(t.start, t.index, cell) {
		return plan.Unclear, errTimeUp
	}
	t.reportProgress(Progress{Share: t.share(t.start, t.index, t.asked), Left: t.left(), Done: t.visits, Start: t.start,
		Cell: t.Plan.Cells[cell]})
	err := t.visitor.visit(ctx, t.start, t.visits, []int{cell}, t.Plan.BlockSeed(point<<16|t.tried[cell]))
	t.asked++
	t.visits++
	t.tried[cell]++
	if err != nil && !errors.Is(err, errNoneRight) { // which is one more thing to be judged; it is on record
		return plan.Unclear, err
	}
	return t.judge()
}

// worthStarting reports whether a start of the targets has anything to do.
func (s *search) worthStarting(start int) bool {
	for n, point := range s.found {
		if point < 0 && s.missed[n] == 0 { // nothing holds
			continue
		}
		if point < 0 { // as all was invalid: it searches again
			point = (s.missed[n] - 1) / 2
		}
		if s.fits(start, len(s.curves)-1, s.curves[n][point]) {
			return true
		}
	}
	return false
}

// fits reports whether a visit to the cell, as long as it is planned to be, ends within the time of the curve with this
// index.
func (s *search) fits(start, index, cell int) bool {
	if s.Plan.BudgetNS == 0 {
		return true
	}
	end := time.Duration(float64(s.Plan.BudgetNS) * s.share(start, index+1, 0))
	return time.Since(s.began)-s.warmed+s.Plan.Duration(s.Plan.Cells[cell]) <= end
}

// share is the part of the search that is done when the curve with this index has asked so often, if nothing is asked
// twice: a curve takes as many visits as it can be halved, and one at each further start.
func (s *search) share(start, index, asked int) float64 {
	halves, n := bits.Len(uint(len(s.curves[0]))), len(s.curves)
	done := index*halves + min(asked, halves-1)
	if start > 0 {
		done = n*halves + (start-1)*n + index
	}
	return float64(done) / float64(n*(halves+s.Plan.Starts-1))
}
