package analysis

import (
	"math"
	"slices"
	"time"

	"forktax/bench/record"
)

// LeastReached is the share of what is planned at a rate that a server has to reach for its response times to be its
// own. Below, requests come faster than they leave: the response time is the length of a queue, which grows as long as
// the block lasts, and says nothing of what a request costs.
const LeastReached = 0.95

// minGrowth is how many standard errors of a count a backlog has to grow by, or it may be chance: with few requests one
// of them that is under way when it is counted makes a twentieth.
const minGrowth = 3

// A backlog is what an open loop had under way in the middle of its blocks, and when their arrivals ended. Both are
// counted against the same moment for all, so it does not matter in which order a server answers. Of one that keeps up
// they are the same, but for chance, however slow it is, if only it answers within half a block.
//
// To compare answers with requests, or the time for which requests were planned with that until the last answer, would
// do for servers that answer at once; of one that takes a tenth of a block, a tenth of the answers is still to come.
type backlog struct {
	planned     int // requests that were to come in the second half of the block
	middle, end int // requests under way
	waiting     int // of them at the end, those that were sent: as many connections were in use
	blocks      int // that were added
	grew        int // of them, those with more at the end than in the middle
}

// add counts an observation of a block of this planned length.
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

// merge takes in another block.
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

// overloadedAlone is overloaded for a single block.
func (q backlog) overloadedAlone() bool {
	var one backlog
	one.merge(q)
	return one.overloaded()
}

// reached is how many requests left for each one that came; nil if none came.
func (q backlog) reached() *float64 {
	if q.planned == 0 {
		return nil
	}
	return new(1 - float64(q.end-q.middle)/float64(q.planned))
}

// overloaded says whether fewer left than came by more than what is allowed, by more than chance, and in most of the
// blocks. Counts of what came independently have their number for variance, so the difference of two has their sum.
// What a machine that stands still for a moment keeps waiting did not come independently, but it is in one block or
// another.
func (q backlog) overloaded() bool {
	grown := float64(q.end - q.middle)
	return grown > (1-LeastReached)*float64(q.planned) && grown > minGrowth*math.Sqrt(float64(q.end+q.middle)) &&
		2*q.grew > q.blocks
}

// exhausted says whether the load's connections were in use when the arrivals of the block ended; one or another may
// just have been between two requests. Requests then waited for the server, and not for the generator.
func (q backlog) exhausted(l record.Load) bool {
	return float64(q.waiting) >= LeastReached*float64(l.Concurrency)
}

// An arrival is what is needed of an observation for the pace.
type arrival struct{ due, done time.Duration }

// achievedRate is the share of the planned rate that the target reached in a block of an open loop, at most 1: how long
// the arrivals were planned to go on, over how long it took until the last of them had its answer. What a request takes
// anyhow is no fault of the rate: if all but a twentieth had their answers as soon after the end as a request of the
// first half took, in the median, the rate was reached.
//
// It does not look at how many requests came: of 400 arrivals of a Poisson process a twentieth more or less is chance.
// Nor does it count, as a backlog does, how many are under way, which takes the blocks of a whole cell to be sure of. A
// search has to tell from one visit.
func achievedRate(r *record.Result, b record.Block) (float64, error) {
	cell := r.Plan.Cells[b.Cell]
	length, _ := r.Plan.Length(cell)
	discard := time.Duration(b.DiscardNS)
	var arrived []arrival
	end, last := length, time.Duration(0) // of the plan, and of the answers
	for o, err := range r.Observations(b) {
		if err != nil {
			return 0, err
		}
		// A plan of few arrivals goes on for longer. It ends when another one would be due.
		end = max(end, o.Intended+time.Duration(float64(time.Second)/cell.Load.RateRPS))
		if inPercentiles(o, b) {
			last = max(last, o.Done)
			arrived = append(arrived, arrival{o.Intended, o.Done})
		}
	}
	if len(arrived) == 0 || last <= end {
		return 1, nil
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
		return 1, nil
	}
	return float64(end-discard) / float64(last-discard), nil
}
