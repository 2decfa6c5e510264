package analysis

import (
	"slices"
	"time"

	"forktax/bench/record"
)

// An arrival is what is needed of an observation for the achieved rate.
type arrival struct{ due, done time.Duration }

// achievedRate is the share of the planned rate that the target reached in a block of an open loop, at most 1: how long
// the arrivals were planned to go on, over how long it took until the last of them had its answer. What a request takes
// anyhow is no fault of the rate: if all but a twentieth had their answers as soon after the end as a request of the
// first half took, in the median, the rate was reached.
//
// It does not look at how many requests came: of 400 arrivals of a Poisson process a twentieth more or less is chance.
// Nor does it count, as a backlog does, how many are under way, which takes the blocks of a whole cell to be sure of. A
// search has to decide from one block.
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
