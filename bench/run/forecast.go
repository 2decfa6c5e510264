package run

import (
	"slices"
	"time"
)

// A Forecast is how long a run takes, as far as can be told.
type Forecast struct {
	Total   time.Duration // from the first start of a target to the last end of one
	Most    time.Duration // Plan.Most, which Total may exceed
	Starts  int           // of the targets
	Targets int
	Round   time.Duration // with a visit to each cell but the referee's
}

// A spell is how long something took, each time that it was done.
type spell struct {
	sum time.Duration
	n   int
}

func (s *spell) add(d time.Duration) { s.sum, s.n = s.sum+d, s.n+1 }

// mean returns otherwise if it was never done.
func (s spell) mean(otherwise time.Duration) time.Duration {
	if s.n == 0 {
		return otherwise
	}
	return s.sum / time.Duration(s.n)
}

const (
	// usualStart and usualStop are what a target is taken to need until the first ones were started and stopped.
	usualStart = 50 * time.Millisecond
	usualStop  = 10 * time.Millisecond
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

// An outlook is what is predicted of a run.
type outlook struct {
	dealt   time.Duration // when the rounds end that are dealt out to the starts
	end     time.Duration // of the last targets
	missing int           // visits that cells lack then
}

// outlook predicts, between two rounds, how a run with this many starts of the targets goes on. It goes through the
// rounds to come, with what visits, starts and stops have taken so far.
func (s *schedule) outlook(groups int) (o outlook) {
	costs := make([]time.Duration, len(s.plan.Cells))
	for cell := range costs {
		costs[cell] = s.cost(cell)
	}
	at, round, needed := s.elapsed(), s.round, slices.Clone(s.missing)
	visit := func(cell int) {
		at += costs[cell]
		use(needed, cell)
	}
	for group := s.group; group < groups; group++ {
		first := s.first
		if group > s.group || !s.up {
			at += s.startTime()
			first = round
		}
		for ; s.belongs(round, first, group, groups, at); round++ {
			for cell := range costs {
				if s.due(round, cell) {
					visit(cell)
				}
			}
		}
		if group < groups-1 {
			at += s.stopTime()
		}
	}
	o.dealt = at
	for ; lacks(needed); round++ {
		cells := s.lacking(s.plan.Order(round), needed)
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
	// tolerable is how much longer a run may take than with the fewest starts of the targets, to have more of them.
	tolerable = 1.1
	// safely is the share of the time allowed that starts, and the rounds dealt out to them, may take.
	safely = 0.95
)

// deal decides how many starts of the targets there are: as many as planned, or, if the plan allows for fewer, as many
// as leave the time for what the run is to find out. Once the first round is over, only time is a reason for fewer.
func (s *schedule) deal() {
	fewest := max(s.plan.FewestGroups, s.group+1)
	if s.plan.FewestGroups == 0 || s.plan.Rounds > 0 {
		return
	}
	allowed := time.Duration(safely * float64(s.plan.Most()))
	if s.round > 1 {
		for s.groups > fewest && s.outlook(s.groups).dealt > allowed {
			s.groups--
		}
		return
	}
	least := s.outlook(fewest)
	for s.groups = s.plan.Groups; s.groups > fewest; s.groups-- {
		o := s.outlook(s.groups)
		if o.dealt <= allowed && o.missing <= least.missing && float64(o.end) <= tolerable*float64(least.end) {
			return
		}
	}
}

// predict predicts when the run ends.
func (s *schedule) predict() {
	s.end = s.outlook(s.groups).end
	s.predicted = s.elapsed()
}

// predictions is how often in a run its end is predicted at least, if there are as many rounds. It is not after each
// round, since all rounds to come are gone through.
const predictions = 40

// stale reports whether the last prediction is a while ago.
func (s *schedule) stale() bool { return s.elapsed()-s.predicted >= s.end/predictions }

func (s *schedule) forecast() Forecast {
	f := Forecast{Total: s.end, Most: s.plan.Most(), Starts: s.groups, Targets: len(s.plan.Targets())}
	for cell, c := range s.plan.Cells {
		if c.Engine != s.plan.Referee {
			f.Round += s.cost(cell)
		}
	}
	return f
}

// misleading is by which factor a total time may be off that was announced.
const misleading = 1.2

// corrects reports whether f has to be announced to those who were told before.
func (f Forecast) corrects(before Forecast) bool {
	return f.Starts != before.Starts || f.Total > f.Most && before.Total <= before.Most ||
		float64(max(f.Total, before.Total)) > misleading*float64(min(f.Total, before.Total))
}

// progress is told before a visit to the cell.
func (s *schedule) progress(cell int) Progress {
	took := s.elapsed()
	left := max(s.end-took, s.cost(cell)+s.stopTime())
	p := Progress{Share: float64(took) / float64(took+left), Left: left, Done: s.blocks, Group: s.group,
		Cell: s.plan.Cells[cell]}
	if s.plan.Rounds > 0 {
		p.Share = float64(s.round) / float64(s.plan.Rounds)
	}
	return p
}
