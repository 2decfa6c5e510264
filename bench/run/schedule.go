package run

import (
	"slices"
	"time"

	"forktax/bench/plan"
)

// A schedule deals the rounds of a run out to the starts of the targets, by their number or by time, and predicts how
// long the rest of the run takes.
type schedule struct {
	plan    plan.Plan
	elapsed func() time.Duration // since the run began
	starts  int                  // starts of the targets, those to come included
	start   int                  // the start under way
	up      bool                 // its targets have started
	round   int                  // the next
	first   int                  // round of the start
	blocks  int                  // done

	turns     []int         // of each cell
	pairs     []int         // of each cell: cells with the same number differ only in model
	starting  average       // of all targets together, with the proof that they are alike
	stopping  average       // likewise
	warming   average       // of all targets that stay together, apart from elapsed
	visits    []average     // of each cell
	cutOff    bool          // a target could not keep up with a rate, or left clients without a response
	missing   []int         // of each cell: valid visits that it still needs; nil if nothing is waited for
	end       time.Duration // of the run, as predicted
	predicted time.Duration // when that was
}

func newSchedule(p plan.Plan, elapsed func() time.Duration) *schedule {
	return &schedule{plan: p, elapsed: elapsed, starts: p.Starts, turns: p.Turns(), pairs: p.PairNumbers(),
		visits: make([]average, len(p.Cells))}
}

// moreRounds reports whether another round belongs to the start. By time, a start ends with its share of the budget,
// the start of its targets included, and has one round at least.
func (s *schedule) moreRounds() bool {
	return s.hasRound(s.round, s.first, s.start, s.starts, s.elapsed())
}

// hasRound is moreRounds for a round that would begin at this time, if there were this many starts.
func (s *schedule) hasRound(round, first, start, starts int, at time.Duration) bool {
	if s.plan.Rounds > 0 {
		return round < s.plan.RoundsBefore(start+1)
	}
	return round == first || at < time.Duration(s.plan.BudgetNS)*time.Duration(start+1)/time.Duration(starts)
}

// lastStart reports whether the targets are not started again.
func (s *schedule) lastStart() bool { return s.start == s.starts-1 }

// noteStarted notes that the targets of the start are up, and how long that and their warm-up took.
func (s *schedule) noteStarted(took, warming time.Duration) {
	s.starting.add(took)
	s.warming.add(warming)
	s.up, s.first = true, s.round
}

// noteStopped notes that those of the start have ended.
func (s *schedule) noteStopped(took time.Duration) {
	s.stopping.add(took)
	s.up = false
	s.start++
}

// noteVisit notes a visit. It is taken to be a valid one until the record is looked at.
func (s *schedule) noteVisit(cell int, took time.Duration) {
	s.blocks++
	s.visits[cell].add(took)
	countVisit(s.missing, cell)
}

// countVisit counts a visit to the cell.
func countVisit(missing []int, cell int) {
	if missing != nil && missing[cell] > 0 {
		missing[cell]--
	}
}

// due reports whether it is the cell's turn in the round.
func (s *schedule) due(round, cell int) bool { return (round+s.turns[cell])%s.plan.Stride(cell) == 0 }

// overtime returns the visits of the next round in overtime, in their order; none if no cell lacks pairs, or if there
// is no time. In overtime a run makes of each round only the visits to cells that lack pairs and to those which differ
// from them only in model, and skips rounds without any. So what is visited together is what was before.
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

// needingVisits keeps of the cells those that still need visits, and those that differ from them only in model.
func (s *schedule) needingVisits(cells, missing []int) []int {
	wanted := map[int]bool{}
	for cell, n := range missing {
		if n > 0 {
			wanted[s.pairs[cell]] = true
		}
	}
	return slices.DeleteFunc(cells, func(cell int) bool { return !wanted[s.pairs[cell]] })
}

// unforeseen is the share of the longest time of a run in which nothing is planned.
const unforeseen = 0.02

// left is how long the run may take still.
func (s *schedule) left() time.Duration { return s.plan.MaxDuration() - s.elapsed() }

// fits reports whether visits that begin at this time, and the end of the targets, are over in time.
func (s *schedule) fits(at time.Duration, cells []int) bool {
	for _, cell := range cells {
		at += s.cost(cell)
	}
	return float64(at+s.stopTime()) <= (1-unforeseen)*float64(s.plan.MaxDuration())
}
