package analysis

import "forktax/bench/record"

// A Tally counts the blocks that the comparisons of a run still need while the run is in progress. It reads each block
// once and keeps only counts, because the harness collects garbage before each block and should have little of it.
type Tally struct {
	run         *record.Follower
	cells       []cellTally
	comparisons []comparisonTally
}

// A cellTally holds the counts of a cell's blocks.
type cellTally struct {
	blocks, invalid int
	backlog         backlog
}

// A comparisonTally holds the counts of the comparison of a cell with its baseline, both as indexes of cells.
type comparisonTally struct {
	baseline, candidate int
	pairs               pairCount
}

// NewTally returns a Tally of the run in the directory dir.
func NewTally(dir string) *Tally { return &Tally{run: record.Follow(dir)} }

// Missing returns, for each cell of the plan, how many more valid blocks it needs for the intervals of its comparisons
// and for a small enough share of invalid blocks. Call it between rounds, because the blocks of a round share reasons.
//
// Cells of the cross-check and hopeless cells need none. Comparisons with the floor count if both are measured
// together, although a run without them is not inconclusive.
func (t *Tally) Missing() ([]int, error) {
	if err := t.run.Read(); err != nil {
		return nil, err
	}
	r := &t.run.Result
	defer func() { r.Blocks, r.Discarded = nil, nil }()
	return t.missing(r)
}

// missing counts the blocks of r and returns the result of Missing.
func (t *Tally) missing(r *record.Result) ([]int, error) {
	if err := t.count(r); err != nil {
		return nil, err
	}
	missing := make([]int, len(t.cells))
	need := func(cell, n int) { missing[cell] = max(missing[cell], n) }
	for i, c := range t.cells {
		if r.Plan.Cells[i].Engine != r.Plan.CrossCheck && tooManyInvalid(c.invalid, c.blocks) && !c.hopeless() {
			need(i, blocksToOutweigh(c.invalid)-c.blocks)
		}
	}
	for _, c := range t.comparisons {
		baseline, candidate := t.cells[c.baseline], t.cells[c.candidate]
		if baseline.hopeless() || candidate.hopeless() {
			continue
		}
		n, _ := c.pairs.fewest(comparedBy(baseline.backlog, candidate.backlog))
		need(c.baseline, fewestPairs-n)
		need(c.candidate, fewestPairs-n)
	}
	return missing, nil
}

// hopelessInvalidShare is the share of invalid blocks above which more blocks would not help: twice the largest share
// that is allowed. A smaller share may be an accident, which later blocks outweigh. A larger share is caused by the
// machine or the server.
const hopelessInvalidShare = 2 * maxInvalidShare

// hopeless reports whether the cell would still have too many invalid blocks after more of them.
func (c cellTally) hopeless() bool {
	return tooManyInvalid(c.invalid, c.blocks) && float64(c.invalid) > hopelessInvalidShare*float64(c.blocks)
}

// count adds the blocks of r, all of which are of finished rounds.
func (t *Tally) count(r *record.Result) error {
	if t.cells == nil {
		t.prepare(r.Plan)
	}
	own, _ := splitShared(r) // other blocks are in no comparison
	measured, err := measure(own)
	if err != nil {
		return err
	}
	propagateInvalid(r.Plan.Cells, measured)
	for i, m := range measured {
		c := &t.cells[i]
		c.blocks += m.blocks
		c.invalid += m.invalid()
		m.addBacklog(&c.backlog)
	}
	for _, c := range t.comparisons {
		c.pairs.add(measured[c.baseline], measured[c.candidate])
	}
	return nil
}

// prepare lists the comparisons of the plan whose cells are measured together.
func (t *Tally) prepare(plan record.Plan) {
	t.cells = make([]cellTally, len(plan.Cells))
	for i, c := range plan.Cells {
		for _, b := range baselines(plan, c) {
			if plan.Together(b.cell, i) {
				t.comparisons = append(t.comparisons, comparisonTally{b.cell, i, pairCount{}})
			}
		}
	}
}
