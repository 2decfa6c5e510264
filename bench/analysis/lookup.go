package analysis

import (
	"slices"

	"forktax/bench/record"
)

// FirstLoads returns the cells of the first load of each request: the cost of a request depends little on the load.
func FirstLoads(cells []Cell) []Cell {
	first := map[[2]string]record.Load{}
	var kept []Cell
	for _, c := range cells {
		key := [2]string{c.Workload, c.Request}
		if _, ok := first[key]; !ok {
			first[key] = c.Load
		}
		if first[key] == c.Load {
			kept = append(kept, c)
		}
	}
	return kept
}

// OwnCells returns all cells except those of the cross-check and of a check's positive control.
func (a *Analysis) OwnCells() []Cell {
	return append(a.CellsOf(record.Closed), a.CellsOf(record.Open)...)
}

// CellsOf returns the cells of OwnCells with a kind of load.
func (a *Analysis) CellsOf(kind string) []Cell {
	var cells []Cell
	for _, c := range a.Cells {
		if c.Load.Kind == kind && c.Engine != a.Run.CrossCheckEngine && (a.Run.Control == "" || c.Model != a.Run.Control) {
			cells = append(cells, c)
		}
	}
	return cells
}

// RequestName returns the display name of a request of a workload.
func RequestName(workload, request string) string { return record.RequestName(workload, request) }

// Comparison returns the comparison of the cell, as the candidate, with the run's baseline by a metric; nil if there is
// none.
func (a *Analysis) Comparison(c record.Cell, metric string) *Comparison {
	if i := a.ComparisonIndex(c, metric); i >= 0 {
		return &a.Comparisons[i]
	}
	return nil
}

// ComparisonIndex returns the index of that comparison in a.Comparisons, or −1.
func (a *Analysis) ComparisonIndex(c record.Cell, metric string) int {
	return slices.IndexFunc(a.Comparisons, func(r Comparison) bool {
		return r.cell() == c && r.Baseline == a.Run.Baseline && r.Metric == metric
	})
}

// cell returns the cell of the candidate.
func (c Comparison) cell() record.Cell {
	return record.Cell{Workload: c.Workload, Request: c.Request, Model: c.Candidate, Engine: c.Engine, Load: c.Load}
}

// cell returns the results of a cell; nil if there are none.
func (a *Analysis) cell(c record.Cell) *Cell {
	for i := range a.Cells {
		if a.Cells[i].Cell == c {
			return &a.Cells[i]
		}
	}
	return nil
}

// BaselineOf returns the baseline's cell that is otherwise the same; nil if there is none.
func (a *Analysis) BaselineOf(c Cell) *Cell {
	twin := c.Cell
	twin.Model = a.Run.Baseline
	return a.cell(twin)
}

// Undecided reports whether the interval of the ratio includes 1 or the interval of the difference includes 0.
func (c Comparison) Undecided() bool {
	return c.RatioLow != nil && *c.RatioLow <= 1 && 1 <= *c.RatioHigh ||
		c.DifferenceLow != nil && *c.DifferenceLow <= 0 && 0 <= *c.DifferenceHigh
}

// Overloaded reports whether the cell is compared with its baseline, but not by response time because one of the two is
// overloaded.
func (a *Analysis) Overloaded(c Cell) bool {
	kept := a.BaselineOf(c)
	return a.Comparison(c.Cell, MetricThroughput) != nil && kept != nil && (c.Overloaded || kept.Overloaded)
}

// FloorOf returns the floor's cell with the same engine, load and execution model; nil if there is none, or if the cell
// is one of the floor.
func (a *Analysis) FloorOf(c Cell) *Cell {
	model := c.Model
	for _, v := range a.Run.Variants {
		if v.Name == model {
			model = v.Model
			break
		}
	}
	for i, f := range a.Cells {
		if a.Run.Floor != "" && c.Workload != a.Run.Floor && f.Workload == a.Run.Floor && f.Model == model &&
			f.Engine == c.Engine && f.Load == c.Load && f.Response.P50 != nil {
			return &a.Cells[i]
		}
	}
	return nil
}

// Engines returns the names of the load engines, sorted.
func (a *Analysis) Engines() []string {
	var names []string
	for _, c := range a.OwnCells() {
		names = append(names, c.Engine)
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// distinctStarts returns how many starts of the targets have blocks.
func distinctStarts(blocks []record.Block) int {
	starts := map[int]bool{}
	for _, b := range blocks {
		starts[b.Start] = true
	}
	return len(starts)
}

// startsOf returns the highest number of a start of the targets, plus one.
func startsOf(blocks []record.Block) int {
	starts := 0
	for _, b := range blocks {
		starts = max(starts, b.Start+1)
	}
	return starts
}

func addCounts(to, more Counts) {
	for kind, n := range more {
		to[kind] += n
	}
}

// namesOf returns the names of the cells for which wanted returns true.
func namesOf(cells []Cell, wanted func(Cell) bool) (names []string) {
	for _, c := range cells {
		if wanted(c) {
			names = append(names, c.String())
		}
	}
	return names
}

// Float converts a pointer to an integer to a pointer to a float; nil remains nil.
func Float(ns *int64) *float64 {
	if ns == nil {
		return nil
	}
	return new(float64(*ns))
}
