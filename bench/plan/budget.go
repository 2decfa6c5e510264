package plan

import (
	"math"
	"slices"
	"time"

	"forktax/bench/subject"
)

const (
	// shortestGrace is how long a visit at a rate waits for what is left at the least: most responses take less.
	shortestGrace = time.Second
	// shortestClosedGrace is the same of a closed loop. A connection whose SYN was dropped is made after one second, by a
	// retransmission (RFC 6298, 2.1).
	shortestClosedGrace = 1500 * time.Millisecond
)

// Grace returns how long a visit to the cell may wait, after its last request, for requests that have no response, or
// no connection, yet: a target that cannot keep up with the rate, or that leaves clients without a response, is not
// waited for without end. Where the time of the run is limited, the visits that it makes at least have equal shares of
// it: at rates of the longest that the run may take, in closed loops of its budget. 0 means until the requests time out.
func (p Plan) Grace(c Cell) time.Duration {
	closed := c.Load.Kind == Closed
	if p.Searched || p.MaxDuration() == 0 || closed && p.Check != nil {
		return 0
	}
	all, shortest := p.MaxDuration(), shortestGrace
	if closed {
		all, shortest = time.Duration(p.BudgetNS), shortestClosedGrace
	}
	starts := p.FewestStarts
	if starts == 0 {
		starts = p.Starts
	}
	visits := max(starts*len(p.Cells), 1)
	share := time.Duration(visiting * float64(all) / float64(visits))
	return min(max(share-p.Duration(c), shortest), c.Load.Timeout())
}

// checkBudget returns an error if the visits at the lowest rate take so long that the run cannot end within the time
// allowed with an interval for each comparison.
func (o *Options) checkBudget(p *Plan) error {
	if p.MaxDuration() == 0 || !slices.ContainsFunc(p.Cells, p.outlasts) {
		return nil
	}
	visits := max(fewestVisits, p.Starts)
	if p.FewestStarts > 0 {
		visits = fewestVisits
	}
	var round, needed time.Duration
	for i, c := range p.Cells {
		round += p.Duration(c)
		needed += p.Duration(c) * time.Duration(visits) / time.Duration(p.Stride(i))
	}
	if needed <= p.MaxDuration() {
		return nil
	}
	lowest := slices.Min(o.Rates)
	budget := time.Duration(math.Ceil(needed.Seconds()/visiting/maxOverBudget)) * time.Second
	return subject.InvalidElement("rate", slices.Index(o.Rates, lowest), "%g: a visit of %d requests takes %v, a round of "+
		"visits %v, and %d rounds are needed; a --budget of %v is not enough: give --budget %v, or more, or a higher rate",
		lowest, p.MinRequests, seconds(float64(p.MinRequests)/lowest), seconds(round.Seconds()), visits, o.Budget, budget)
}

// outlasts reports whether visits to the cell take longer than Length, because requests are few.
func (p Plan) outlasts(c Cell) bool {
	length, _ := p.Length(c)
	return p.Duration(c) > length
}

// seconds rounds to a tenth of a second.
func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Millisecond)
}
