package analysis

import (
	"fmt"
	"slices"

	"forktax/bench/record"
	"forktax/bench/units"
)

// traps returns warnings of traps, which make numbers mean something other than they seem to. Traps found while the
// run was prepared come first, then traps that blocks show.
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

// droppedConnections warns of cells in whose blocks a listen backlog was full. A search raises the rate until servers
// drop connections, so it gets no such warning. The kernel counts for the whole machine: drops that no other cell has
// are most likely the server's own.
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
			Advice: fmt.Sprintf("increase the server's listen backlog to at least %s and measure again, unless another server "+
				"on this machine dropped them: the kernel counts drops for the whole machine",
				units.Plural(c.Load.Concurrency, "connection"))})
	}
	return found
}
