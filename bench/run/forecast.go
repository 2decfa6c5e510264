package run

import (
	"slices"
	"time"
)

// A Forecast is how long a run takes, as far as can be told.
type Forecast struct {
	Total   time.Duration // from the first start of a target to the last end of one
	Least   time.Duration // of a search: Total if all goes well
	Max     time.Duration // Plan.MaxDuration and WarmUp, which Total may exceed
	WarmUp  time.Duration // of Total: what the budget does not count
	Starts  int           // of the targets
	Targets int
	Round   time.Duration // with a visit to each cell but those of the cross-check
}

// An average is the mean of how long something took.
type average struct {
	sum time.Duration
	n   int
}

func (s *average) add(d time.Duration) { s.sum, s.n = s.sum+d, s.n+1 }

// mean returns otherwise if nothing was added.
func (s average) mean(otherwise time.Duration) time.Duration {
	if s.n == 0 {
		return otherwise
	}
	return s.sum / time.Duration(s.n)
}

const (
	// usualStart and usualStop are what a target is taken to need until the first ones were started and stopped.
	usualStart = 50 * time.Millisecond
	usualStop  = 10 * time.Millisecond
	// usualWarmUp is the same of the warm-up of a target that stays.
	usualWarmUp = 500 * time.Millisecond
	// shortestCost of a visit keeps a prediction from having rounds without end.
	shortestCost = 100 * time.Microsecond
)

// cost predicts how long a visit to the cell takes: as long as the ones before, or else as planned.
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

// warmUpTime is how long the warm-up of a start takes.
func (s *schedule) warmUpTime() time.Duration {
	if s.plan.WarmUpNS == 0 {
		return 0
	}
	stay := 0
	for _, name := range s.plan.Targets() {
		if s.plan.Stays(name.Model) {
			stay++
		}
	}
	return s.warming.mean(time.Duration(stay) * min(usualWarmUp, time.Duration(s.plan.WarmUpNS)))
}

// warmUpLeft is that of the starts to come.
func (s *schedule) warmUpLeft(starts int) time.Duration {
	return time.Duration(starts-s.warming.n) * s.warmUpTime()
}

// A projection is the predicted course of a run.
type projection struct {
	roundsEnd time.Duration // when the rounds end that are dealt out to the starts
	end       time.Duration // of the last targets
	missing   int           // visits that cells lack then
}

// project predicts, between two rounds, how a run with this many starts of the targets goes on. It goes through the
// rounds to come, with what visits, starts and stops have taken so far.
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
	// maxSlowdown is how much longer a run may take than with the fewest starts of the targets, to have more of them.
	maxSlowdown = 1.1
	// startsShare is the share of the time allowed that starts, and the rounds dealt out to them, may take.
	startsShare = 0.95
	// warmUpShare is the longest warm-up of all starts, as a share of the budget.
	warmUpShare = 0.5
)

// chooseStarts decides how many starts of the targets there are: as many as planned, or, if the plan allows for fewer,
// as many as leave the time for what the run is to find out. Once the first round is over, only time is a reason for
// fewer. If a target cannot keep up with a rate, or leaves clients without a response, which further starts would only
// show again, the time decides alone.
func (s *schedule) chooseStarts() {
	fewest := max(s.plan.FewestStarts, s.start+1)
	if s.plan.FewestStarts == 0 || s.plan.Rounds > 0 {
		return
	}
	allowed := time.Duration(startsShare * float64(s.plan.MaxDuration()))
	if s.cutOff {
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

// predict predicts when the run ends.
func (s *schedule) predict() {
	s.end = s.project(s.starts).end
	s.predicted = s.elapsed()
}

// predictions is how often in a run its end is predicted at least, if there are as many rounds. It is not after each
// round, since all rounds to come are gone through.
const predictions = 40

// stale reports whether the last prediction is a while ago.
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

// announceFactor is by which factor the total time may differ from what was announced.
const announceFactor = 1.2

// differsFrom reports whether f has to be announced, as it is not what was announced before.
func (f Forecast) differsFrom(before Forecast) bool {
	return f.Starts != before.Starts || f.Total > f.Max && before.Total <= before.Max ||
		float64(max(f.Total, before.Total)) > announceFactor*float64(min(f.Total, before.Total))
}

// progress is told before a visit to the cell.
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
