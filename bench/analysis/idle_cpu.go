package analysis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/units"
	"forktax/workload/contract"
)

const (
	// maxIdleShare is the share of a core that a target may use while others are measured. The look at its usage before
	// and after each block, up to 0.3 ms, takes a part of that, and so does waiting for the last children of a block.
	maxIdleShare = 0.05
	// minIdleTime is the idle time in sum from which on the share is judged.
	minIdleTime = time.Second
)

// A targetKey names a target in the record.
type targetKey struct{ workload, model string }

// usageReadCosts is what one look at a target's usage costs it in processor time, in nanoseconds: the median of what it
// used between one block and the next, when nothing but one look fell into that. It is taken off each block, which
// holds the end of one look and the beginning of the next: at a low rate it would be a good part of what is measured.
func usageReadCosts(r *record.Result) map[targetKey]int64 {
	seen := map[targetKey][]float64{}
	for _, b := range r.Blocks {
		if b.IdleNS > 0 {
			c := r.Plan.Cells[b.Cell]
			t := targetKey{c.Workload, c.Model}
			seen[t] = append(seen[t], float64(b.IdleCPUNS))
		}
	}
	costs := map[targetKey]int64{}
	for t, cpu := range seen {
		costs[t] = int64(stats.Median(cpu))
	}
	return costs
}

// withoutReadCost takes the cost of a look off what was used.
func withoutReadCost(u *contract.Usage, reading int64) *contract.Usage {
	if u == nil {
		return nil
	}
	net := *u
	net.SelfCPUNS = max(net.SelfCPUNS-reading, 0)
	return &net
}

// idleCPUWarning finds targets that use the processor while others are measured.
func idleCPUWarning(r *record.Result) (Warning, bool) {
	idle, cpu := map[targetKey]int64{}, map[targetKey]int64{}
	for _, b := range r.Blocks {
		c := r.Plan.Cells[b.Cell]
		t := targetKey{c.Workload, c.Model}
		idle[t] += b.IdleNS
		cpu[t] += b.IdleCPUNS
	}
	var cells, used []string
	for _, c := range r.Plan.Cells {
		t := targetKey{c.Workload, c.Model}
		share := float64(cpu[t]) / float64(idle[t])
		if time.Duration(idle[t]) < minIdleTime || share <= maxIdleShare {
			continue
		}
		cells = append(cells, c.String())
		words := fmt.Sprintf("%s as %s used %s", t.workload, t.model, units.Percent(share))
		if !slices.Contains(used, words) {
			used = append(used, words)
		}
	}
	return warningAbout(cells, Warning{Code: "restless",
		Text:   fmt.Sprintf("%s of a core while others were measured", strings.Join(used, "; ")),
		Advice: "all targets are up at the same time, so it took from the others; find what it does between requests"})
}
