package run

import (
	"slices"
	"time"

	"forktax/bench/plan"
)

// A schedule distributes the rounds of a run among the starts of the targets, by number or by time, and predicts the
// remaining duration of the run.
type schedule struct {
	plan    plan.Plan
	elapsed func() time.Duration // time since the run began, without warm-ups
	starts  int                  // total number of starts of the targets
	start   int                  // index of the current start
	up      bool                 // the targets of the current start are running
	round   int                  // next round
	first   int                  // first round of the current start
	blocks  int                  // number of finished blocks

	turns      []int         // turns by cell, see Plan.Turns
	pairs      []int         // numbers of pairs by cell, see Plan.PairNumbers
	starting   average       // start of all targets, including verification
	stopping   average       // stop of all targets
	warming    average       // warm-up of all resident targets; not part of elapsed
	visits     []average     // durations by cell
	overloaded bool          // an open loop was cut off: its target cannot keep up with the rate
	missing    []int         // number of valid visits that each cell still needs; nil if the run does not depend on them
	end        time.Duration // predicted end of the run
	predicted  time.Duration // time of the prediction
}

func newSchedule(p plan.Plan, elapsed func() time.Duration) *schedule {
	return &schedule{plan: p, elapsed: elapsed, starts: p.Starts, turns: p.Turns(), pairs: p.PairNumbers(),
		visits: make([]average, len(p.Cells))}
}

// moreRounds reports whether the current start has another round. In a run with a budget, a start has at least one
// round and ends with its share of the budget, which includes starting the targets.
func (s *schedule) moreRounds() bool {
	return s.hasRound(s.round, s.first, s.start, s.starts, s.elapsed())
}

// hasRound is moreRounds for a round that begins at the time at, in a run with this many starts.
func (s *schedule) hasRound(round, first, start, starts int, at time.Duration) bool {
	if s.plan.Rounds > 0 {
		return round < s.plan.RoundsBefore(start+1)
	}
	return round == first || at < time.Duration(s.plan.BudgetNS)*time.Duration(start+1)/time.Duration(starts)
}

// lastStart reports whether the current start is the last one.
func (s *schedule) lastStart() bool { return s.start == s.starts-1 }

// noteStarted records that the targets of the start are running, and the durations of the start and of the warm-up.
func (s *schedule) noteStarted(took, warming time.Duration) {
	s.starting.add(took)
	s.warming.add(warming)
	s.up, s.first = true, s.round
}

// noteStopped records that the targets of the start were stopped, and the duration.
func (s *schedule) noteStopped(took time.Duration) {
	s.stopping.add(took)
	s.up = false
	s.start++
}

// noteVisit records a visit and its duration. The visit is assumed to be valid until missing is updated.
func (s *schedule) noteVisit(cell int, took time.Duration) {
	s.blocks++
	s.visits[cell].add(took)
	countVisit(s.missing, cell)
}

// countVisit decrements the missing visits of the cell.
func countVisit(missing []int, cell int) {
	if missing != nil && missing[cell] > 0 {
		missing[cell]--
	}
}

// due reports whether it is the cell's turn in the round.
func (s *schedule) due(round, cell int) bool { return (round+s.turns[cell])%s.plan.Stride(cell) == 0 }

// overtime returns the cells to visit in the next round of overtime, in order. It returns none if no cell needs visits,
// or if there is no time left. A round of overtime has only the cells that need visits, and the cells paired with them;
// rounds without any are skipped. So cells are visited together exactly as before.
func (s *schedule) overtime() []int {
	for ; anyMissing(s.missing); s.round++ {
		cells := s.needingVisits(s.plan.Order(s.round), s.missing)
		switch {
		case len(cells) == 0:
		case s.fits(s.elapsed(), cells):
			return cells
		default:
			return nil
		}
	}
	return nil
}

// anyMissing reports whether a cell still needs a visit.
func anyMissing(missing []int) bool {
	return slices.ContainsFunc(missing, func(n int) bool { return n > 0 })
}

// needingVisits returns the cells that still need visits, and those that differ from them only in model.
func (s *schedule) needingVisits(cells, missing []int) []int {
	wanted := map[int]bool{}
	for cell, n := range missing {
		if n > 0 {
			wanted[s.pairs[cell]] = true
		}
	}
	return slices.DeleteFunc(cells, func(cell int) bool { return !wanted[s.pairs[cell]] })
}

// unforeseen is the share of the maximum duration in which nothing is planned.
const unforeseen = 0.02

// left returns the remaining part of the maximum duration.
func (s *schedule) left() time.Duration { return s.plan.MaxDuration() - s.elapsed() }

// fits reports whether visits that begin at the time at, and the stop of the targets, end within the maximum duration.
func (s *schedule) fits(at time.Duration, cells []int) bool {
	for _, cell := range cells {
		at += s.cost(cell)
	}
	return float64(at+s.stopTime()) <= (1-unforeseen)*float64(s.plan.MaxDuration())
}
