package analysis

import "forktax/bench/record"

// A Tally counts what the comparisons of a run lack while it goes on. It reads each block once and keeps nothing but
// counts: the harness collects its garbage before each block, and is to have little then.
type Tally struct {
	run         *record.Follower
	cells       []cellTally
	comparisons []comparisonTally
}

// A cellTally is what is counted of a cell's blocks.
type cellTally struct {
	blocks, invalid int
	backlog         backlog
}

// A comparisonTally is what is counted of a comparison: of a cell with its baseline, by their indexes.
type comparisonTally struct {
	baseline, candidate int
	pairs               pairCount
}

// NewTally returns one of the run in the folder dir.
func NewTally(dir string) *Tally { return &Tally{run: record.Follow(dir)} }

// Missing returns, of each cell of the plan, how many more valid blocks it needs for its comparisons to have their
// intervals, and not to have too many invalid ones. It is called between rounds, as the blocks of a round share
// reasons.
//
// The cells of the cross-check do not count, nor do those that are hopeless. Comparisons with the floor do, where the
// two are visited together, though a run without them is not inconclusive.
func (t *Tally) Missing() ([]int, error) {
	if err := t.run.Read(); err != nil {
		return nil, err
	}
	r := &t.run.Result
	defer func() { r.Blocks, r.Discarded = nil, nil }()
	return t.missing(r)
}

// missing is Missing once the blocks of r are counted, too.
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

// hopelessInvalidShare is the share of invalid blocks from which on a cell is not waited for: twice that from which on
// it is too large. Less may be an accident, which is outweighed by what follows. More is the machine, or the server.
const hopelessInvalidShare = 2 * maxInvalidShare

// hopeless reports whether more blocks would hardly help the cell.
func (c cellTally) hopeless() bool {
	return tooManyInvalid(c.invalid, c.blocks) && float64(c.invalid) > hopelessInvalidShare*float64(c.blocks)
}

// count takes in the blocks of r, which are of rounds that are over.
func (t *Tally) count(r *record.Result) error {
	if t.cells == nil {
		t.prepare(r.Plan)
	}
	measured, err := measure(r)
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

// prepare lists the comparisons of a plan whose cells are visited together.
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
