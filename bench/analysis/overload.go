package analysis

import (
	"math"
	"slices"
	"time"

	"forktax/bench/record"
)

// LeastReached is the smallest share of a planned rate at which the response times are the server's own. Below it,
// requests arrive faster than they finish: the response time is then the length of a queue, which grows until the end
// of the block, and does not show the cost of a request.
const LeastReached = 0.95

// minGrowth is the smallest growth of a backlog, in standard errors of the count, that cannot be chance. With few
// requests, a single request in flight can be 5% of them.
const minGrowth = 3

// A backlog counts the requests of an open loop in flight in the middle of its blocks and at the end of their arrivals.
// Both counts are taken at fixed times, so the order of the responses does not matter. If the server keeps up, both are
// equal except for chance, however slow it is, provided that it responds within half a block.
//
// Comparing the number of responses with that of requests, or the planned duration with the time until the last
// response, works only for fast servers: if a response takes 10% of a block, 10% of the responses are outstanding.
type backlog struct {
	planned     int // requests planned in the second half of the blocks
	middle, end int // requests in flight
	waiting     int // requests of end that were sent: this many connections were in use
	blocks      int // number of blocks added
	grew        int // blocks with more requests in flight at the end than in the middle
}

// add counts an observation of a block of the planned length.
func (q *backlog) add(o record.Observation, length time.Duration) {
	half := length / 2
	if o.Intended >= half && o.Intended < length {
		q.planned++
	}
	if o.Intended < half && o.Done >= half {
		q.middle++
	}
	if o.Intended < length && o.Done >= length {
		q.end++
		if o.Sent < length {
			q.waiting++
		}
	}
}

// merge adds another block.
func (q *backlog) merge(more backlog) {
	q.blocks++
	if more.end > more.middle {
		q.grew++
	}
	q.planned += more.planned
	q.middle += more.middle
	q.end += more.end
	q.waiting += more.waiting
}

// overloadedAlone reports whether a single block is overloaded.
func (q backlog) overloadedAlone() bool {
	var one backlog
	one.merge(q)
	return one.overloaded()
}

// reached returns the finished requests per request that arrived; nil if none arrived.
func (q backlog) reached() *float64 {
	if q.planned == 0 {
		return nil
	}
	return new(1 - float64(q.end-q.middle)/float64(q.planned))
}

// overloaded reports whether the backlog grew by more than LeastReached allows, by more than chance, and in most of the
// blocks. The variance of a count of independent arrivals is the count itself, so the variance of the difference of two
// counts is their sum. Requests that wait while the machine stalls are not independent, but stalls hit few blocks.
func (q backlog) overloaded() bool {
	grown := float64(q.end - q.middle)
	return grown > (1-LeastReached)*float64(q.planned) && grown > minGrowth*math.Sqrt(float64(q.end+q.middle)) &&
		2*q.grew > q.blocks
}

// exhausted reports whether the load's connections were in use at the end of the arrivals; a few may have been idle
// between requests. Requests then waited for the server, not for the generator.
func (q backlog) exhausted(l record.Load) bool {
	return float64(q.waiting) >= LeastReached*float64(l.Concurrency)
}

// An arrival is when a request was due and done.
type arrival struct{ due, done time.Duration }

// achievedRate returns the share of the planned rate that the target reached in an open-loop block, at most 1: the
// planned duration of the arrivals over the time until the last response. The time that a request takes at any rate is
// not counted: the rate was reached if 95% of the requests finished within the median response time of the first half
// after the end.
//
// The number of arrivals does not matter: of 400 Poisson arrivals, 5% more or fewer is chance. Nor does it count the
// requests in flight, as a backlog does: that takes all blocks of a cell, and a search decides by a single block.
func achievedRate(r *record.Result, b record.Block) (float64, error) {
	cell := r.Plan.Cells[b.Cell]
	length, _ := r.Plan.Length(cell)
	discard := time.Duration(b.DiscardNS)
	var arrived []arrival
	end := length
	for o, err := range r.Observations(b) {
		if err != nil {
			return 0, err
		}
		// A plan of few arrivals is longer than the block. It ends when the next arrival would be due.
		end = max(end, o.Intended+time.Duration(float64(time.Second)/cell.Load.RateRPS))
		if inPercentiles(o, b) {
			arrived = append(arrived, arrival{o.Intended, o.Done})
		}
	}
	return reachedShare(arrived, end, discard), nil
}

// reachedShare returns the share of the planned rate that the target reached, at most 1: see achievedRate. Arrivals are
// planned from discard to end.
func reachedShare(arrived []arrival, end, discard time.Duration) float64 {
	var last time.Duration
	for _, o := range arrived {
		last = max(last, o.done)
	}
	if len(arrived) == 0 || last <= end {
		return 1
	}
	slices.SortFunc(arrived, func(a, b arrival) int { return int(a.due - b.due) })
	var early []int64
	for _, o := range arrived[:(len(arrived)+1)/2] {
		early = append(early, int64(o.done-o.due))
	}
	slices.Sort(early)
	inTime := 0
	for _, o := range arrived {
		if o.done <= end+time.Duration(nearestRank(early, 0.5)) {
			inTime++
		}
	}
	if float64(inTime) >= LeastReached*float64(len(arrived)) {
		return 1
	}
	return float64(end-discard) / float64(last-discard)
}
