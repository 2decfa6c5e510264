package report

import (
	"fmt"
	"time"

	"forktax/bench"
	"forktax/bench/stats"
)

const (
	// mostIdle is the share of a core that a target may use while others are measured. The look at its usage before and
	// after each block, up to 0.3 ms, takes a part of that, and so does waiting for the last children of a block.
	mostIdle = 0.05
	// longIdle is the idle time in sum from which on the share is judged.
	longIdle = time.Second
)

// target names one in the record.
type target struct{ workload, model string }

// readings is what one look at a target's usage costs it in processor time, in nanoseconds: the median of what it used
// between one block and the next, when nothing but one look fell into that. It is taken off each block, which holds the
// end of one look and the beginning of the next: at a low rate it would be a good part of what is measured.
func readings(r *bench.Result) map[target]int64 {
	seen := map[target][]float64{}
	for _, b := range r.Blocks {
		if b.IdleNS > 0 {
			c := r.Plan.Cells[b.Cell]
			t := target{c.Workload, c.Model}
			seen[t] = append(seen[t], float64(b.IdleCPUNS))
		}
	}
	costs := map[target]int64{}
	for t, cpu := range seen {
		costs[t] = int64(stats.Median(cpu))
	}
	return costs
}

// without takes the cost of a look off what was used.
func without(u *bench.Usage, reading int64) *bench.Usage {
	if u == nil {
		return nil
	}
	net := *u
	net.SelfCPUNS = max(net.SelfCPUNS-reading, 0)
	return &net
}

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
		if share := float64(cpu[name]) / float64(idle[name]); time.Duration(idle[name]) >= longIdle && share > mostIdle {
			found = append(found, Warning{Code: "restless", Cell: name,
				Text:   fmt.Sprintf("%s used %s of a core while others were measured", name, percent(share)),
				Advice: "all targets are up at the same time, so it took from the others; find what it does between requests"})
		}
	}
	return found
}
