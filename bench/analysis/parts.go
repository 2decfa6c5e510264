package analysis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"forktax/bench/record"
)

// lags holds the lags of the requests of a block, in the order of their generators: each must send in time.
type lags struct {
	ofParts [][]int64
	part    int
	read    int // observations read of the part
}

// add adds the lag of an observation, if it counts.
func (l *lags) add(o record.Observation, b record.Block) {
	for len(b.Parts) > l.part && l.read == b.Parts[l.part].Requests {
		l.part, l.read = l.part+1, 0
	}
	l.read++
	for len(l.ofParts) <= l.part {
		l.ofParts = append(l.ofParts, nil)
	}
	if o.Intended >= time.Duration(b.DiscardNS) {
		l.ofParts[l.part] = append(l.ofParts[l.part], int64(o.Lag()))
	}
}

func (l lags) observed() bool {
	return slices.ContainsFunc(l.ofParts, func(lag []int64) bool { return len(lag) > 0 })
}

// above returns the indexes of the generators whose lag has a p99 above a limit in nanoseconds.
func (l lags) above(limit float64) (generators []int) {
	for i, lag := range l.ofParts {
		if len(lag) == 0 {
			continue
		}
		if slices.Sort(lag); float64(nearestRank(lag, 0.99)) > limit {
			generators = append(generators, i)
		}
	}
	return generators
}

// overloadedGenerators returns the indexes of the generators of the block that did not have a core to themselves while
// requests arrived. Length is the planned length of the block: the last responses, which a slow server sends later, do
// not matter.
func overloadedGenerators(b record.Block, length int64) (generators []int) {
	above := func(cpu int64) bool { return float64(cpu) > shareOfCore*float64(min(b.LengthNS, length)) }
	if len(b.Parts) == 0 && above(b.GeneratorNS) {
		return []int{0}
	}
	for i, p := range b.Parts {
		if p.Requests > 0 && above(p.GeneratorNS) { // a part of few requests ends early
			generators = append(generators, i)
		}
	}
	return generators
}

// lacksPart reports whether a block of a merged run lacks a part, or a part began it earlier or later than the others.
func lacksPart(r *record.Result, b record.Block) bool {
	if len(r.Parts) == 0 || r.Plan.Check != nil { // the parts of a check do not measure at the same time
		return false
	}
	return len(b.Parts) < len(r.Parts) || slices.ContainsFunc(b.Parts, func(p record.BlockPart) bool { return p.Late })
}

// fewLost reports whether a merged check is incomplete only because parts are lost, and so few that the others decide.
func fewLost(r *record.Result) bool {
	lost := 0
	for _, p := range r.Parts {
		switch {
		case p.Lost:
			lost++
		case len(p.Problems) > 0:
			return false
		}
	}
	return lost > 0 && float64(lost) <= maxInvalidShare*float64(len(r.Parts))
}

// partWarnings returns a warning for each part of a merged run that was late or lost, or one that the run is a part.
func partWarnings(r *record.Result, measured []measurements) (found []Warning) {
	if p := r.Plan.Part; p.IsOne() && p.Of > 1 {
		text := fmt.Sprintf("this is part %v: its numbers are those of its share of the load", p)
		if r.Plan.Check != nil {
			text = fmt.Sprintf("this is part %v of a check: its verdict is for information", p)
		}
		return []Warning{{Code: "part", Text: text, Advice: "merge all parts with forktax merge"}}
	}
	slow := slowBlocks(r, measured)
	for _, p := range r.Parts {
		problems := slices.Clone(p.Problems)
		if n := slow[p.Number]; n > 0 {
			problems = append(problems, fmt.Sprintf("its generator could not keep up in %d of %d blocks", n, len(r.Blocks)))
		}
		advice := "blocks that not all parts measured in time are not evaluated"
		if p.Lost && r.Plan.Check != nil {
			advice = "the other parts decide if at most a fifth of all are lost"
		}
		if len(problems) > 0 {
			found = append(found, Warning{Code: "parts", Text: fmt.Sprintf("part %d of %d: %s", p.Number, len(r.Parts),
				strings.Join(problems, "; ")), Advice: advice})
		}
	}
	return found
}

// slowBlocks returns in how many blocks the generator of each part could not keep up, by number of the part.
func slowBlocks(r *record.Result, measured []measurements) map[int]int {
	slow := map[int]int{}
	for _, b := range r.Blocks {
		view := measured[b.Cell].rounds[b.Round]
		for i, p := range b.Parts {
			if view != nil && slices.Contains(view.slow, i) {
				slow[p.Part]++
			}
		}
	}
	return slow
}

// withoutUsage returns the result of a part without the usage of the targets, which includes the requests of all parts.
func withoutUsage(r *record.Result) *record.Result {
	if p := r.Plan.Part; !p.IsOne() || p.Of == 1 || r.Plan.Check != nil {
		return r
	}
	own := *r
	own.Blocks = slices.Clone(r.Blocks)
	for i := range own.Blocks {
		own.Blocks[i].Usage, own.Blocks[i].DatabaseNS, own.Blocks[i].IdleNS, own.Blocks[i].ReadingNS = nil, nil, 0, nil
	}
	return &own
}

// loadOf returns the load of a cell. If the record is that of one part of a run, it is the part's share; each part of a
// check has the whole load.
func loadOf(p record.Plan, cell int) record.Load {
	load := p.Cells[cell].Load
	if partsOf(p) > 1 {
		return p.Part.ShareOf(load)
	}
	return load
}

// partsOf returns the number of parts of a run of which the record has one; 1 if it has all.
func partsOf(p record.Plan) int {
	if p.Part.IsOne() && p.Check == nil {
		return p.Part.Of
	}
	return 1
}
