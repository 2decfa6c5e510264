package run

import (
	"slices"
	"time"
)

// A Forecast is the predicted duration of a run.
type Forecast struct {
	Total   time.Duration // time from the start of the first target to the stop of the last
	Least   time.Duration // shortest possible Total of a search
	Max     time.Duration // Plan.MaxDuration plus WarmUp; Total may exceed it
	WarmUp  time.Duration // part of Total that does not count toward the budget
	Starts  int           // number of starts of the targets
	Targets int           // number of targets
	Round   time.Duration // duration of one visit to each cell, without the cross-check
}

// An average is the mean of durations.
type average struct {
	sum time.Duration
	n   int
}

func (s *average) add(d time.Duration) { s.sum, s.n = s.sum+d, s.n+1 }

// mean returns the mean, or fallback if nothing was added.
func (s average) mean(fallback time.Duration) time.Duration {
	if s.n == 0 {
		return fallback
	}
	return s.sum / time.Duration(s.n)
}

const (
	// usualStart and usualStop are the assumed durations of starting and stopping a target, until they are measured.
	usualStart = 50 * time.Millisecond
	usualStop  = 10 * time.Millisecond
	// usualWarmUp is the assumed duration of the warm-up of a resident target, until it is measured.
	usualWarmUp = 500 * time.Millisecond
	// shortestCost is the minimum of a visit's predicted duration, so that predictions terminate.
	shortestCost = 100 * time.Microsecond
)

// cost returns the predicted duration of a visit to the cell: the mean of the visits so far, or the planned duration.
func (s *schedule) cost(cell int) time.Duration {
	c := s.plan.Cells[cell]
	length, _ := s.plan.Length(c)
	return max(s.visits[cell].mean(s.plan.Duration(c)), length, shortestCost)
}

func (s *schedule) startTime() time.Duration {
	return s.starting.mean(usualStart * time.Duration(len(s.plan.Targets())))
}

func (s *schedule) stopTime() time.Duration {
	return s.stopping.mean(usualStop * time.Duration(len(s.plan.Targets())))
}

// warmUpTime returns the predicted duration of the warm-up of a start.
func (s *schedule) warmUpTime() time.Duration {
	if s.plan.WarmUpNS == 0 {
		return 0
	}
	resident := 0
	for _, name := range s.plan.Targets() {
		if s.plan.Stays(name.Model) {
			resident++
		}
	}
	return s.warming.mean(time.Duration(resident) * min(usualWarmUp, time.Duration(s.plan.WarmUpNS)))
}

// warmUpLeft returns the predicted duration of the warm-ups of the remaining starts.
func (s *schedule) warmUpLeft(starts int) time.Duration {
	return time.Duration(starts-s.warming.n) * s.warmUpTime()
}

// A projection is the predicted course of a run.
type projection struct {
	roundsEnd time.Duration // end of the rounds of all starts, without overtime
	end       time.Duration // end of the run
	missing   int           // visits that cells still need at the end
}

// project predicts, between two rounds, the course of a run with this many starts of the targets. It simulates the
// remaining rounds with the mean durations of visits, starts and stops so far.
func (s *schedule) project(starts int) (o projection) {
	costs := make([]time.Duration, len(s.plan.Cells))
	for cell := range costs {
		costs[cell] = s.cost(cell)
	}
	at, round, needed := s.elapsed(), s.round, slices.Clone(s.missing)
	visit := func(cell int) {
		at += costs[cell]
		countVisit(needed, cell)
	}
	for start := s.start; start < starts; start++ {
		first := s.first
		if start > s.start || !s.up {
			at += s.startTime()
			first = round
		}
		for ; s.hasRound(round, first, start, starts, at); round++ {
			for cell := range costs {
				if s.due(round, cell) {
					visit(cell)
				}
			}
		}
		if start < starts-1 {
			at += s.stopTime()
		}
	}
	o.roundsEnd = at
	for ; anyMissing(needed); round++ {
		cells := s.needingVisits(s.plan.Order(round), needed)
		if !s.fits(at, cells) {
			break
		}
		for _, cell := range cells {
			visit(cell)
		}
	}
	for _, n := range needed {
		o.missing += n
	}
	o.end = at + s.stopTime()
	return o
}

const (
	// maxSlowdown is the longest predicted duration of a run, relative to the one with the fewest starts of the targets.
	maxSlowdown = 1.1
	// startsShare is the largest share of the maximum duration for starts and their rounds.
	startsShare = 0.95
	// warmUpShare is the longest total warm-up as a share of the budget.
	warmUpShare = 0.5
)

// chooseStarts sets the number of starts of the targets: as many as planned, or fewer if the plan allows it and the
// missing visits would not fit otherwise. After the first round, the number is reduced only for lack of time. If a
// target cannot keep up with its rate, FewestStarts does not apply, as more starts would only repeat the overload.
// Requests of a closed loop that get no response are no overload: mod_fcgid leaves some when it replaces processes.
func (s *schedule) chooseStarts() {
	fewest := max(s.plan.FewestStarts, s.start+1)
	if s.plan.FewestStarts == 0 || s.plan.Rounds > 0 {
		return
	}
	allowed := time.Duration(startsShare * float64(s.plan.MaxDuration()))
	if s.overloaded {
		fewest = s.start + 1
	}
	if s.round > 1 {
		for s.starts > fewest && s.project(s.starts).roundsEnd > allowed {
			s.starts--
		}
		return
	}
	least := s.project(fewest)
	for s.starts = s.plan.Starts; s.starts > fewest; s.starts-- {
		if float64(s.warming.sum+s.warmUpLeft(s.starts)) > warmUpShare*float64(s.plan.BudgetNS) {
			continue
		}
		o := s.project(s.starts)
		if o.roundsEnd <= allowed && o.missing <= least.missing && float64(o.end) <= maxSlowdown*float64(least.end) {
			return
		}
	}
}

// predict updates the predicted end of the run.
func (s *schedule) predict() {
	s.end = s.project(s.starts).end
	s.predicted = s.elapsed()
}

// predictions is the number of predictions in a run with at least as many rounds. A prediction simulates all remaining
// rounds, so it is too expensive to make after each round.
const predictions = 40

// stale reports whether a new prediction is due.
func (s *schedule) stale() bool { return s.elapsed()-s.predicted >= s.end/predictions }

func (s *schedule) forecast() Forecast {
	f := Forecast{Total: s.end, Max: s.plan.MaxDuration(), Starts: s.starts, Targets: len(s.plan.Targets()),
		WarmUp: s.warming.sum + s.warmUpLeft(s.starts)}
	f.Total += f.WarmUp
	if f.Max > 0 {
		f.Max += f.WarmUp
	}
	for cell, c := range s.plan.Cells {
		if c.Engine != s.plan.CrossCheck {
			f.Round += s.cost(cell)
		}
	}
	return f
}

// announceFactor is the change of the predicted total that is announced.
const announceFactor = 1.2

// differsFrom reports whether f differs so much from the forecast announced before that it must be announced.
func (f Forecast) differsFrom(before Forecast) bool {
	return f.Starts != before.Starts || f.Total > f.Max && before.Total <= before.Max ||
		float64(max(f.Total, before.Total)) > announceFactor*float64(min(f.Total, before.Total))
}

// progress returns the progress before a visit to the cell.
func (s *schedule) progress(cell int) Progress {
	took := s.elapsed()
	left := max(s.end-took, s.cost(cell)+s.stopTime()) + s.warmUpLeft(s.starts)
	p := Progress{Share: float64(took) / float64(took+left), Left: left, Done: s.blocks, Start: s.start,
		Cell: s.plan.Cells[cell]}
	if s.plan.Rounds > 0 {
		p.Share = float64(s.round) / float64(s.plan.Rounds)
	}
	return p
}
