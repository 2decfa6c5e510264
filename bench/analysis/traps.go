package analysis

import (
	"fmt"
	"slices"

	"forktax/bench/record"
	"forktax/bench/units"
)

// traps are warnings of what makes numbers say something else than they seem to: what was found while the run was
// prepared, and then what blocks show.
func traps(r *record.Result) []Warning {
	var found []Warning
	for _, t := range r.Plan.Traps {
		var cells []string
		for _, c := range r.Plan.Cells {
			if c.Model == t.Model {
				cells = append(cells, c.String())
			}
		}
		w, _ := warningAbout(cells, Warning{Code: t.Code, Text: t.Model + ": " + t.Evidence, Advice: t.Advice, Trap: true,
			Model: t.Model})
		found = append(found, w)
	}
	return slices.Concat(found, waitingClients(r), droppedConnections(r))
}

// droppedConnections warns of cells in whose blocks a listen backlog was full. A search drives servers to where they
// drop connections, so of it nothing is said. The kernel counts for the whole machine: what no other cell has is most
// likely the server's own.
func droppedConnections(r *record.Result) []Warning {
	dropped, blocks, all := map[int]float64{}, map[int]int{}, map[int]int{}
	for _, b := range r.Blocks {
		all[b.Cell]++
		if b.Machine.ListenOverflows > 0 {
			dropped[b.Cell] += b.Machine.ListenOverflows
			blocks[b.Cell]++
		}
	}
	var found []Warning
	for cell, c := range r.Plan.Cells {
		if dropped[cell] == 0 || r.Plan.Searched || c.Load.Concurrency < 2 {
			continue
		}
		found = append(found, Warning{Code: record.ListenBacklog, Cell: c.String(), Trap: true, Model: c.Model,
			Text: fmt.Sprintf("%s: the kernel dropped %s in %d of %s of %s", c.Model,
				units.Plural(int(dropped[cell]), "connection"), blocks[cell], units.Plural(all[cell], "block"), c),
			Advice: fmt.Sprintf("the listen backlog of the server is too small for %s at once, unless another server on this "+
				"machine dropped them: listen with a larger one, and measure again",
				units.Plural(c.Load.Concurrency, "connection"))})
	}
	return found
}
