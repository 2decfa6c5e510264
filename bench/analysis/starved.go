package analysis

import (
	"fmt"
	"slices"

	"forktax/bench/record"
	"forktax/bench/units"
)

// starving lists the codes of the traps that leave clients of a closed loop without a response or a connection. If both
// are found, the first is the cause.
var starving = []string{record.FewWorkers, record.ListenBacklog}

// unanswered returns the number of requests without a response when their block ended or their timeout expired.
func unanswered(errors Counts) int {
	return errors[record.ErrUnfinished] + errors[record.ErrTimeout]
}

// waitingClients warns of cells in most of whose blocks some clients got no response until the end while others did,
// unless the cause was found before the run.
func waitingClients(r *record.Result) []Warning {
	waiting, blocks, all := map[int]int{}, map[int]int{}, map[int]int{}
	for _, b := range r.Blocks {
		all[b.Cell]++
		if n := unanswered(b.Errors); 0 < n && n < r.Plan.Cells[b.Cell].Load.Concurrency && n < b.Requests {
			waiting[b.Cell] += n
			blocks[b.Cell]++
		}
	}
	var found []Warning
	for cell, c := range r.Plan.Cells {
		known := slices.ContainsFunc(r.Plan.Traps, func(t record.Trap) bool {
			return t.Model == c.Model && t.Code == record.FewWorkers
		})
		if known || c.Load.Kind != record.Closed || c.Load.NoReuse || c.Engine == r.Plan.CrossCheck ||
			2*blocks[cell] <= all[cell] {
			continue
		}
		found = append(found, Warning{Code: record.FewWorkers, Cell: c.String(), Trap: true, Model: c.Model,
			Text: fmt.Sprintf("%s: %s got no response in %d of %s of %s, while other clients did", c.Model,
				units.Plural(waiting[cell], "request"), blocks[cell], units.Plural(all[cell], "block"), c),
			Advice: fmt.Sprintf("the server probably has fewer workers than clients, which keep their connections: start at "+
				"least %d workers, or measure with fewer clients or with --no-keepalive", c.Load.Concurrency)})
	}
	return found
}

// starvedBy returns the trap that makes too many blocks of the cell invalid: its own, or the trap of a cell that it is
// compared with.
func (a *Analysis) starvedBy(c Cell) (trap Warning, starved bool) {
	if c.InvalidBlocks == 0 || c.InvalidBlocks < c.Blocks && !c.TooManyInvalid() {
		return Warning{}, false
	}
	for _, code := range starving {
		for _, w := range a.Warnings {
			if w.Code != code || !w.Trap {
				continue
			}
			has := c.Cell
			has.Model = w.Model
			if owner := a.cell(has); owner != nil && owner.starves(code) {
				return w, true
			}
		}
	}
	return Warning{}, false
}

func (a *Analysis) isStarved(c Cell) bool {
	_, starved := a.starvedBy(c)
	return starved
}

// starves reports whether the cell's blocks show the effect of the trap with this code.
func (c Cell) starves(code string) bool {
	waits := c.Load.Kind == record.Closed && c.Load.Concurrency > 1
	return waits && (unanswered(c.ErrorsByClass) > 0 || code == record.ListenBacklog && c.Invalid[reasonNetwork] > 0)
}

// starvedWarning warns of cells that the outcome depends on and that a trap leaves without enough valid blocks. Neither
// more time nor less noise would help.
func starvedWarning(plan record.Plan, a *Analysis) (Warning, bool) {
	var first Warning
	reasons := Counts{}
	names := namesOf(a.OwnCells(), func(c Cell) bool {
		trap, starved := a.starvedBy(c)
		if !starved || isAuxiliary(plan, c) {
			return false
		}
		if first.Code == "" {
			first = trap
		}
		addCounts(reasons, c.Invalid)
		return true
	})
	return warningAbout(names, Warning{Code: Inconclusive,
		Text: fmt.Sprintf("the blocks of %s are invalid (%s) because of the trap %s: %s", firstOf(names), reasons, first.Code,
			first.Text),
		Advice: first.Advice})
}
