package analysis

import (
	"fmt"
	"math"
	"time"

	"forktax/bench/record"
)

// Inconclusive is the code of the warnings that a run says too little. They make its exit status 3.
const Inconclusive = "inconclusive"

// accused reports whether so much of the cell is invalid that the rest may be, too.
func (c Cell) accused() bool { return accused(c.InvalidBlocks, c.Blocks) }

// accused reports whether so many invalid blocks are too many: more than a fifth. One block is an accident, which may
// befall any cell; where blocks are few it is a fifth of them, or all.
func accused(invalid, blocks int) bool {
	return invalid >= fewestToAccuse && float64(invalid) > mostInvalid*float64(blocks)
}

// enoughFor is how many blocks a cell needs not to be accused of so many invalid ones.
func enoughFor(invalid int) int {
	blocks := int(float64(invalid) / mostInvalid)
	for accused(invalid, blocks) {
		blocks++
	}
	return blocks
}

// tooManyInvalid finds the cells that are accused, of those on which the outcome rests.
func tooManyInvalid(plan record.Plan, a *Analysis) (Warning, bool) {
	names, text := accusation(a.OwnCells(), func(c Cell) bool { return !incidental(plan, c) })
	return about(names, Warning{Code: Inconclusive, Text: text,
		Advice: "METHOD.md says what each reason means; measure on a quieter machine, or at a rate that the generator can " +
			"keep, and longer"})
}

// disturbedIncidentals finds those on which no outcome rests. That is said, and decides nothing.
func disturbedIncidentals(plan record.Plan, a *Analysis) (Warning, bool) {
	names, text := accusation(a.Cells, func(c Cell) bool { return incidental(plan, c) })
	return about(names, Warning{Code: "disturbed", Text: text,
		Advice: "what the report says of these cells is from the rest of their blocks, and no outcome rests on it; " +
			"METHOD.md says what each reason means"})
}

// incidental reports whether no outcome rests on a cell: one of the referee, or of the floor, unless the candidate is
// held against the floor because the base is stored.
func incidental(plan record.Plan, c Cell) bool {
	if c.Workload == plan.Floor {
		return plan.Check == nil || plan.Check.Stored == nil
	}
	return plan.Referee != "" && c.Engine == plan.Referee
}

// accusation names the accused cells of those that count, and says why they are.
func accusation(cells []Cell, counts func(Cell) bool) (names []string, text string) {
	reasons := Counts{}
	for _, c := range cells {
		if counts(c) && c.accused() {
			names = append(names, c.String())
			addCounts(reasons, c.Invalid)
		}
	}
	return names, fmt.Sprintf("more than a fifth of the blocks of %s is invalid: %s", some(names), reasons)
}

// fewestPairs have a 95 % interval; see stats.SignedRank.
const fewestPairs = 6

// A pairCount is how many pairs of blocks two cells are compared by, by metric.
type pairCount map[string]int

// add counts the pairs of blocks of two cells.
func (n pairCount) add(baseline, candidate measurements) {
	for _, m := range metrics {
		if m.name != MetricResponse99 { // of which there is an interval, or nothing
			n[m.name] += len(pair(baseline.rounds, candidate.rounds, m.name))
		}
	}
}

// fewest is how many there are by the metric that has the fewest of those that have any.
func (n pairCount) fewest(by []metric) (fewest int, metric string) {
	metric = MetricResponse
	for _, m := range by {
		if pairs := n[m.name]; pairs > 0 && (fewest == 0 || pairs < fewest) {
			fewest, metric = pairs, m.name
		}
	}
	return fewest, metric
}

// tooFewPairs tells of the comparisons with the baseline that have no interval, or came to nothing: but of those of
// accused cells, of which more would not help. A search makes none.
func tooFewPairs(plan record.Plan, blocks []record.Block, measured []measurements, a *Analysis) (Warning, bool) {
	var names []string
	planned, fewest, poorest := 0, fewestPairs, ""
	for i, c := range plan.Cells {
		b, ok := twin(plan, c)
		if !ok || plan.Searched {
			continue
		}
		planned++
		n := pairCount{}
		n.add(measured[b], measured[i])
		pairs, metric := n.fewest(comparedBy(measured[b].backlog(), measured[i].backlog()))
		if cell := a.cell(c); pairs >= fewestPairs || cell != nil && cell.accused() {
			continue
		}
		names = append(names, c.String())
		if pairs < fewest {
			fewest, poorest = pairs, fmt.Sprintf("%d by %s in %s", pairs, metric, c)
		}
	}
	return about(names, Warning{Code: Inconclusive,
		Text: fmt.Sprintf("too few pairs of blocks for an interval in %d of %d comparisons: %s", len(names), planned,
			poorest),
		Advice: fmt.Sprintf("a 95 %% interval needs six: give %s, or more", needed(plan, blocks, a, fewest))})
}

// spare is how many pairs more than needed a longer budget is to give: rounds can be counted, but how many there are
// in a time varies with the machine.
const spare = 1

// needed says in options of the command what would have given six pairs in place of so many: pairs grow with the
// rounds, and those with the time. That is the budget, or what the run took, if it took longer, as each start of the
// targets has one round at the least.
func needed(plan record.Plan, blocks []record.Block, a *Analysis, pairs int) string {
	pairs = max(pairs, 1)
	if plan.Rounds > 0 {
		rounds := 0
		for _, b := range blocks {
			rounds = max(rounds, b.Round+1)
		}
		return fmt.Sprintf("--rounds %.0f", math.Ceil(float64(fewestPairs*rounds)/float64(pairs)))
	}
	seconds := a.Run.Seconds
	if a.Run.Complete {
		seconds = max(seconds, time.Duration(plan.BudgetNS).Seconds())
	}
	seconds = max((fewestPairs+spare)*seconds/float64(pairs), 1)
	digits := math.Pow10(max(int(math.Log10(seconds))-1, 0)) // two are enough
	return fmt.Sprintf("--budget %.0fs", math.Ceil(seconds/digits)*digits)
}
