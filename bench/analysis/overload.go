package analysis

import (
	"math"
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
