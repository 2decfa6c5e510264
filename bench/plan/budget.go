package plan

import (
	"math"
	"slices"
	"time"

	"forktax/bench/subject"
)

const (
	// shortestGrace is the minimum grace of a visit at a rate. Most responses take less.
	shortestGrace = time.Second
	// shortestClosedGrace is the minimum grace of a visit in a closed loop. A connection whose SYN was dropped is
	// established by a retransmission after one second (RFC 6298, 2.1).
	shortestClosedGrace = 1500 * time.Millisecond
)

// Grace returns how long a visit to the cell may wait, after its last planned request, for outstanding connections and
// responses. It limits the wait for a target that cannot keep up with the rate, or never responds to some clients. If
// the run has a time limit, each of the smallest number of visits gets an equal share of it: of Plan.MaxDuration for a
// rate, of the budget for a closed loop. 0 means until the requests time out.
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

// checkBudget returns an error if visits at the lowest rate take so long that the run cannot collect enough of them for
// a confidence interval of each comparison within its maximum duration.
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
	return subject.InvalidElement("rate", slices.Index(o.Rates, lowest), "%g: %d requests take %v, a round of visits "+
		"takes %v, and %d rounds are needed; --budget %v is too short: use at least --budget %v, or a higher rate",
		lowest, p.MinRequests, seconds(float64(p.MinRequests)/lowest), seconds(round.Seconds()), visits, o.Budget, budget)
}

// outlasts reports whether visits to the cell take longer than Length, because MinRequests arrivals take longer.
func (p Plan) outlasts(c Cell) bool {
	length, _ := p.Length(c)
	return p.Duration(c) > length
}

// seconds returns s seconds, rounded to a tenth of a second.
func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Millisecond)
}
