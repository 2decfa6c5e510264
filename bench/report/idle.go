package report

import (
	"fmt"

	"forktax/bench"
)

// mostIdle is the share of a core that a target may use while others are measured. The look at its usage before and
// after each block takes a part of that.
const mostIdle = 0.03

// restless finds targets that use the processor while others are measured.
func restless(r *bench.Result) []Warning {
	var names []string
	idle, cpu := map[string]int64{}, map[string]int64{}
	for _, b := range r.Blocks {
		c := r.Plan.Cells[b.Cell]
		name := c.Workload + " as " + c.Model
		if _, seen := idle[name]; !seen {
			names = append(names, name)
		}
		idle[name] += b.IdleNS
		cpu[name] += b.IdleCPUNS
	}
	var found []Warning
	for _, name := range names {
		if share := float64(cpu[name]) / float64(idle[name]); idle[name] > 0 && share > mostIdle {
			found = append(found, Warning{Code: "restless", Cell: name,
				Text:   fmt.Sprintf("%s used %s of a core while others were measured", name, percent(share)),
				Advice: "all targets are up at the same time, so it took from the others; find what it does between requests"})
		}
	}
	return found
}
