package analysis

import (
	"fmt"
	"math"
	"time"

	"forktax/bench/record"
)

// Inconclusive is the code of the warnings that a run has too few valid results. They make its exit status 3.
const Inconclusive = "inconclusive"

// TooManyInvalid reports whether the share of invalid blocks is so large that the others may be wrong, too.
func (c Cell) TooManyInvalid() bool { return tooManyInvalid(c.InvalidBlocks, c.Blocks) }

// tooManyInvalid reports whether more than 20% of the blocks, and at least two, are invalid. A single invalid block is
// an accident, although it may be more than 20% of few blocks.
func tooManyInvalid(invalid, blocks int) bool {
	return invalid >= minInvalid && float64(invalid) > maxInvalidShare*float64(blocks)
}

// blocksToOutweigh returns the number of blocks with which this many invalid ones are not too many.
func blocksToOutweigh(invalid int) int {
	blocks := int(float64(invalid) / maxInvalidShare)
	for tooManyInvalid(invalid, blocks) {
		blocks++
	}
	return blocks
}

// invalidWarning warns of cells with too many invalid blocks that the outcome depends on. It leaves out cells whose
// blocks are invalid because a program failed, for which there are failedWarnings, or a trap: see starvedWarning.
func invalidWarning(plan record.Plan, a *Analysis) (Warning, bool) {
	_, failed := failing(plan, a)
	names, text := invalidCells(a.OwnCells(), func(c Cell) bool {
		return !a.isStarved(c) && !isAuxiliary(plan, c) && !failed[groupOf(c)]
	})
	return warningAbout(names, Warning{Code: Inconclusive, Text: text,
		Advice: "measure for longer, on a quieter machine, or at a rate that the generator can sustain; " + adviceReasons})
}

// auxiliaryInvalidWarning warns of cells with too many invalid blocks that no outcome depends on.
func auxiliaryInvalidWarning(plan record.Plan, a *Analysis) (Warning, bool) {
	names, text := invalidCells(a.Cells, func(c Cell) bool { return isAuxiliary(plan, c) })
	return warningAbout(names, Warning{Code: "disturbed", Text: text,
		Advice: "the results of these cells are from their other blocks, and no outcome depends on them; " + adviceReasons})
}

const adviceReasons = "docs/methodology.md explains each reason"

// isAuxiliary reports whether no outcome depends on a cell: a cell of the cross-check, or of the floor, unless the
// candidate is compared with the floor because the base is stored.
func isAuxiliary(plan record.Plan, c Cell) bool {
	if c.Workload == plan.Floor {
		return plan.Check == nil || plan.Check.Stored == nil
	}
	return plan.CrossCheck != "" && c.Engine == plan.CrossCheck
}

// invalidCells returns the names of the cells with too many invalid blocks for which counts returns true, and a text
// with the reasons.
func invalidCells(cells []Cell, counts func(Cell) bool) (names []string, text string) {
	reasons := Counts{}
	for _, c := range cells {
		if counts(c) && c.TooManyInvalid() {
			names = append(names, c.String())
			addCounts(reasons, c.Invalid)
		}
	}
	return names, fmt.Sprintf("more than 20%% of the blocks of %s are invalid: %s", firstOf(names), reasons)
}

// fewestPairs is the number of pairs that a 95% interval needs; see stats.SignedRank.
const fewestPairs = 6

// A pairCount is the number of pairs of blocks of two cells, by metric.
type pairCount map[string]int

// add counts the pairs of blocks of two cells.
func (n pairCount) add(baseline, candidate measurements) {
	for _, m := range metrics {
		if m.name != MetricResponse99 { // which is not compared without an interval
			n[m.name] += len(pairBlocks(baseline.rounds, candidate.rounds, m.name))
		}
	}
}

// fewest returns the metric with the smallest number of pairs above 0, and that number.
func (n pairCount) fewest(by []metric) (fewest int, metric string) {
	metric = MetricResponse
	for _, m := range by {
		if pairs := n[m.name]; pairs > 0 && (fewest == 0 || pairs < fewest) {
			fewest, metric = pairs, m.name
		}
	}
	return fewest, metric
}

// tooFewPairs warns of comparisons with the baseline that have no interval or no pairs. It leaves out cells with too
// many invalid blocks, for which more blocks would not help. A search makes no comparisons.
func tooFewPairs(plan record.Plan, blocks []record.Block, measured []measurements, a *Analysis) (Warning, bool) {
	var names []string
	planned, fewest, worst := 0, fewestPairs, ""
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
			fewest, worst = pairs, fmt.Sprintf("%d for %s in %s", pairs, metric, c)
		}
	}
	return warningAbout(names, Warning{Code: Inconclusive,
		Text: fmt.Sprintf("too few pairs of blocks for an interval in %d of %d comparisons: %s", len(names), planned,
			worst),
		Advice: fmt.Sprintf("a 95%% interval needs 6 pairs: use %s or more", optionsFor(plan, blocks, a, fewest))})
}

// sparePairs is the number of pairs that an advised budget adds to the pairs needed, because the number of rounds in a
// given time varies with the machine.
const sparePairs = 1

// optionsFor returns the command-line options that would have produced six pairs instead of this many. Pairs are
// proportional to rounds, and rounds to the time: the budget, or the length of the run if that is longer, because each
// start of the targets has at least one round.
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
