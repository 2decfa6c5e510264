package analysis

import (
	"forktax/bench/record"
	"slices"
)

// FirstLoads takes the cells of the first load of each request: what a request costs depends little on the load.
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

// OwnCells lists all cells without those that only check the others: of the cross-check, and of a check's control.
func (a *Analysis) OwnCells() []Cell {
	return append(a.CellsOf(record.Closed), a.CellsOf(record.Open)...)
}

// CellsOf lists the cells of a kind of load, without those that only check the others.
func (a *Analysis) CellsOf(kind string) []Cell {
	var cells []Cell
	for _, c := range a.Cells {
		if c.Load.Kind == kind && c.Engine != a.Run.CrossCheckEngine && (a.Run.Control == "" || c.Model != a.Run.Control) {
			cells = append(cells, c)
		}
	}
	return cells
}

// RequestName names a request; that of a workload with just one often has the same name.
func RequestName(workload, request string) string {
	if workload == request {
		return workload
	}
	return workload + "/" + request
}

// Comparison finds what the cell was compared by with the run's baseline, as the candidate.
func (a *Analysis) Comparison(c record.Cell, metric string) *Comparison {
	if i := a.ComparisonIndex(c, metric); i >= 0 {
		return &a.Comparisons[i]
	}
	return nil
}

// ComparisonIndex is the index of that comparison, or −1.
func (a *Analysis) ComparisonIndex(c record.Cell, metric string) int {
	return slices.IndexFunc(a.Comparisons, func(r Comparison) bool {
		return r.cell() == c && r.Baseline == a.Run.Baseline && r.Metric == metric
	})
}

// cell is that of the candidate.
func (c Comparison) cell() record.Cell {
	return record.Cell{Workload: c.Workload, Request: c.Request, Model: c.Candidate, Engine: c.Engine, Load: c.Load}
}

// cell finds a cell of the analysis.
func (a *Analysis) cell(c record.Cell) *Cell {
	for i := range a.Cells {
		if a.Cells[i].Cell == c {
			return &a.Cells[i]
		}
	}
	return nil
}

// BaselineOf finds the cell of the baseline that is otherwise the same.
func (a *Analysis) BaselineOf(c Cell) *Cell {
	twin := c.Cell
	twin.Model = a.Run.Baseline
	return a.cell(twin)
}

// Undecided says whether there may well be no difference: by the ratio, or by the difference itself.
func (c Comparison) Undecided() bool {
	return c.RatioLow != nil && *c.RatioLow <= 1 && 1 <= *c.RatioHigh ||
		c.DifferenceLow != nil && *c.DifferenceLow <= 0 && 0 <= *c.DifferenceHigh
}

// Overloaded says whether the cell is compared with its twin, but not in response time, as one of the two is
// overloaded.
func (a *Analysis) Overloaded(c Cell) bool {
	kept := a.BaselineOf(c)
	return a.Comparison(c.Cell, MetricThroughput) != nil && kept != nil && (c.Overloaded || kept.Overloaded)
}

// FloorOf finds the floor's cell under the engine and load of a cell.
func (a *Analysis) FloorOf(c Cell) *Cell {
	for i, f := range a.Cells {
		if a.Run.Floor != "" && f.Workload == a.Run.Floor && f.Engine == c.Engine && f.Load == c.Load &&
			f.Response.P50 != nil {
			return &a.Cells[i]
		}
	}
	return nil
}

// Engines lists what offered the load.
func (a *Analysis) Engines() []string {
	var names []string
	for _, c := range a.OwnCells() {
		names = append(names, c.Engine)
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// startsOf is how often the targets were started for these blocks.
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

// namesOf names the cells that are wanted.
func namesOf(cells []Cell, wanted func(Cell) bool) (names []string) {
	for _, c := range cells {
		if wanted(c) {
			names = append(names, c.String())
		}
	}
	return names
}

func Float(ns *int64) *float64 {
	if ns == nil {
		return nil
	}
	return new(float64(*ns))
}
