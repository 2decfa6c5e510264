package analysis

import (
	"fmt"
	"math"
	"time"

	"forktax/bench/record"
)

// Inconclusive is the code of the warnings that a run says too little. They make its exit status 3.
const Inconclusive = "inconclusive"

// TooManyInvalid reports whether so many blocks of the cell are invalid that the rest may be, too.
func (c Cell) TooManyInvalid() bool { return tooManyInvalid(c.InvalidBlocks, c.Blocks) }

// tooManyInvalid reports whether that many invalid blocks are too many: more than a fifth. One block is an accident,
// which may befall any cell; where blocks are few it is a fifth of them, or all.
func tooManyInvalid(invalid, blocks int) bool {
	return invalid >= minInvalid && float64(invalid) > maxInvalidShare*float64(blocks)
}

// blocksToOutweigh is how many blocks a cell needs for that many invalid ones not to be too many.
func blocksToOutweigh(invalid int) int {
	blocks := int(float64(invalid) / maxInvalidShare)
	for tooManyInvalid(invalid, blocks) {
		blocks++
	}
	return blocks
}

// invalidWarning finds the cells with too many invalid blocks, of those on which the outcome rests, but not those whose
// blocks are invalid because a program failed, or because of a trap, for which there is starvedWarning.
func invalidWarning(plan record.Plan, a *Analysis) (Warning, bool) {
	_, spoilt := failing(plan, a)
	names, text := invalidCells(a.OwnCells(), func(c Cell) bool {
		return !a.isStarved(c) && !isAuxiliary(plan, c) && !spoilt[groupOf(c)]
	})
	return warningAbout(names, Warning{Code: Inconclusive, Text: text,
		Advice: "docs/methodology.md says what each reason means; measure on a quieter machine, or at a rate that the " +
			"generator can keep, and longer"})
}

// auxiliaryInvalidWarning finds those on which no outcome rests. That is said, and decides nothing.
func auxiliaryInvalidWarning(plan record.Plan, a *Analysis) (Warning, bool) {
	names, text := invalidCells(a.Cells, func(c Cell) bool { return isAuxiliary(plan, c) })
	return warningAbout(names, Warning{Code: "disturbed", Text: text,
		Advice: "what the report says of these cells is from the rest of their blocks, and no outcome rests on it; " +
			"docs/methodology.md says what each reason means"})
}

// isAuxiliary reports whether no outcome rests on a cell: one of the cross-check, or of the floor, unless the candidate
// is held against the floor because the base is stored.
func isAuxiliary(plan record.Plan, c Cell) bool {
	if c.Workload == plan.Floor {
		return plan.Check == nil || plan.Check.Stored == nil
	}
	return plan.CrossCheck != "" && c.Engine == plan.CrossCheck
}

// invalidCells names the cells with too many invalid blocks, of those that count, and says why the blocks are invalid.
func invalidCells(cells []Cell, counts func(Cell) bool) (names []string, text string) {
	reasons := Counts{}
	for _, c := range cells {
		if counts(c) && c.TooManyInvalid() {
			names = append(names, c.String())
			addCounts(reasons, c.Invalid)
		}
	}
	return names, fmt.Sprintf("more than a fifth of the blocks of %s is invalid: %s", firstOf(names), reasons)
}

// fewestPairs have a 95 % interval; see stats.SignedRank.
const fewestPairs = 6

// A pairCount is how many pairs of blocks two cells are compared by, by metric.
type pairCount map[string]int

// add counts the pairs of blocks of two cells.
func (n pairCount) add(baseline, candidate measurements) {
	for _, m := range metrics {
		if m.name != MetricResponse99 { // of which there is an interval, or nothing
			n[m.name] += len(pairBlocks(baseline.rounds, candidate.rounds, m.name))
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
		b, ok := baselineCell(plan, c)
		if !ok || plan.Searched {
			continue
		}
		planned++
		n := pairCount{}
		n.add(measured[b], measured[i])
		pairs, metric := n.fewest(comparedBy(measured[b].backlog(), measured[i].backlog()))
		if cell := a.cell(c); pairs >= fewestPairs || cell != nil && (cell.TooManyInvalid() || a.isStarved(*cell)) {
			continue
		}
		names = append(names, c.String())
		if pairs < fewest {
			fewest, poorest = pairs, fmt.Sprintf("%d by %s in %s", pairs, metric, c)
		}
	}
	return warningAbout(names, Warning{Code: Inconclusive,
		Text: fmt.Sprintf("too few pairs of blocks for an interval in %d of %d comparisons: %s", len(names), planned,
			poorest),
		Advice: fmt.Sprintf("a 95 %% interval needs six: give %s, or more", optionsFor(plan, blocks, a, fewest))})
}

// sparePairs is how many pairs more than needed a longer budget is to give: rounds can be counted, but how many there
// are in a time varies with the machine.
const sparePairs = 1

// optionsFor says in options of the command what would have given six pairs in place of so many: pairs grow with the
// rounds, and those with the time. That is the budget, or what the run took, if it took longer, as each start of the
// targets has one round at the least.
func optionsFor(plan record.Plan, blocks []record.Block, a *Analysis, pairs int) string {
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
	seconds = max((fewestPairs+sparePairs)*seconds/float64(pairs), 1)
	digits := math.Pow10(max(int(math.Log10(seconds))-1, 0)) // two are enough
	return fmt.Sprintf("--budget %.0fs", math.Ceil(seconds/digits)*digits)
}
