package report

import (
	"fmt"
	"math"
	"time"

	"forktax/bench"
)

// Inconclusive is the code of the warnings that a run says too little. They make its exit status 3.
const Inconclusive = "inconclusive"

// accused says whether so much of the cell is invalid that the rest may be, too: more than a fifth. One block is an
// accident, which may befall any cell; where blocks are few it is a fifth of them, or all.
func (c Cell) accused() bool {
	return c.InvalidBlocks >= fewestToAccuse && float64(c.InvalidBlocks) > mostInvalid*float64(c.Blocks)
}

// tooManyInvalid finds the cells that are accused, of those on which the outcome rests.
func tooManyInvalid(plan bench.Plan, a *Analysis) (Warning, bool) {
	names, text := accusation(a.ownCells(), func(c Cell) bool { return !incidental(plan, c) })
	return about(names, Warning{Code: Inconclusive, Text: text,
		Advice: "METHOD.md says what each reason means; measure on a quieter machine, or at a rate that the generator can " +
			"keep, and longer"})
}

// disturbedIncidentals finds those on which no outcome rests. That is said, and decides nothing.
func disturbedIncidentals(plan bench.Plan, a *Analysis) (Warning, bool) {
	names, text := accusation(a.Cells, func(c Cell) bool { return incidental(plan, c) })
	return about(names, Warning{Code: "disturbed", Text: text,
		Advice: "what the report says of these cells is from the rest of their blocks, and no outcome rests on it; " +
			"METHOD.md says what each reason means"})
}

// incidental reports whether no outcome rests on a cell: one of the referee, or of the floor, unless the candidate is held
// against the floor because the base is stored.
func incidental(plan bench.Plan, c Cell) bool {
	if c.Workload == plan.Floor {
		return plan.Criterion == nil || plan.Criterion.Stored == nil
	}
	return plan.Referee != "" && c.Engine == plan.Referee
}

// accusation names the accused cells of those that count, and says why they are.
func accusation(cells []Cell, counts func(Cell) bool) (names []string, text string) {
	reasons := Counts{}
	for _, c := range cells {
		if counts(c) && c.accused() {
			names = append(names, c.String())
			for reason, n := range c.Invalid {
				reasons[reason] += n
			}
		}
	}
	return names, fmt.Sprintf("more than a fifth of the blocks of %s is invalid: %s", some(names), reasons)
}

// fewestPairs have a 95 % interval; see stats.SignedRank.
const fewestPairs = 6

// tooFewPairs finds the comparisons that have no interval, or came to nothing: but those of accused cells, of which
// more would not help, and of a search, which makes none.
func tooFewPairs(plan bench.Plan, blocks []bench.Block, a *Analysis) (Warning, bool) {
	var names []string
	fewest, poorest, planned := fewestPairs, "", 0
	for _, c := range plan.Cells {
		_, ok := twin(plan, c)
		if !ok || plan.Searched {
			continue
		}
		planned++
		if cell := a.cell(c); cell != nil && cell.accused() {
			continue
		}
		n, metric := a.pairs(c)
		if n >= fewestPairs {
			continue
		}
		names = append(names, c.String())
		if n < fewest {
			fewest, poorest = n, fmt.Sprintf("%d by %s in %s", n, metric, c)
		}
	}
	return about(names, Warning{Code: Inconclusive,
		Text: fmt.Sprintf("too few pairs of blocks for an interval in %d of %d comparisons: %s", len(names), planned,
			poorest),
		Advice: fmt.Sprintf("a 95 %% interval needs six: give %s, or more", needed(plan, blocks, a, fewest))})
}

// pairs is how many pairs of blocks the cell is compared by with the baseline, by the metric that has the fewest. What it
// takes above the floor is told beside that, if there are enough.
func (a *Analysis) pairs(c bench.Cell) (fewest int, metric string) {
	metric = MetricResponse
	for _, r := range a.Comparisons {
		if r.of(c) && r.Baseline == a.Run.Baseline && r.Metric != MetricResponse99 && (fewest == 0 || r.Blocks < fewest) {
			fewest, metric = r.Blocks, r.Metric
		}
	}
	return fewest, metric
}

// spare is how many pairs more than needed a longer budget is to give: rounds can be counted, but how many there are
// in a time varies with the machine.
const spare = 1

// needed says in options of the command what would have given six pairs in place of so many: pairs grow with the
// rounds, and those with the time. That is the budget, or what the run took, if it took longer, as each start of the
// targets has one round at the least.
func needed(plan bench.Plan, blocks []bench.Block, a *Analysis, pairs int) string {
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
