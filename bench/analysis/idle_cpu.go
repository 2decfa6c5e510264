package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/units"
	"forktax/workload/contract"
)

const (
	// maxIdleShare is the share of a core that a target may use while other targets are measured. It includes reading the
	// target's usage before and after each block, up to 0.3 ms, and waiting for the last children of a block.
	maxIdleShare = 0.05
	// minIdleTime is the total idle time that is needed to judge the share.
	minIdleTime = time.Second
)

// A targetKey names a target in the record.
type targetKey struct{ workload, model string }

// usageReadCosts returns the CPU time in nanoseconds that reading a target's usage costs the target: the median of the
// costs measured once in each start. It is subtracted from each block, which contains the end of one reading and the
// beginning of the next: at a low rate it would be a large share of the result.
//
// Older records do not have it. There it is the median of the target's CPU time between two blocks, which includes what
// the target does on its own.
func usageReadCosts(r *record.Result) map[targetKey]int64 {
	costs := medianCosts(r, func(b record.Block) *int64 {
		if b.IdleNS == 0 {
			return nil
		}
		return &b.IdleCPUNS
	})
	maps.Copy(costs, measuredReadCosts(r))
	return costs
}

// measuredReadCosts returns the costs that were measured, which older records do not have.
func measuredReadCosts(r *record.Result) map[targetKey]int64 {
	return medianCosts(r, func(b record.Block) *int64 { return b.ReadingNS })
}

// medianCosts returns the median by target of the blocks' values that are not nil.
func medianCosts(r *record.Result, of func(record.Block) *int64) map[targetKey]int64 {
	seen, costs := map[targetKey][]float64{}, map[targetKey]int64{}
	for _, b := range r.Blocks {
		if v := of(b); v != nil {
			c := r.Plan.Cells[b.Cell]
			t := targetKey{c.Workload, c.Model}
			seen[t] = append(seen[t], float64(*v))
		}
	}
	for t, values := range seen {
		costs[t] = int64(stats.Median(values))
	}
	return costs
}

// withoutReadCost subtracts the cost of a reading from the usage.
func withoutReadCost(u *contract.Usage, reading int64) *contract.Usage {
	if u == nil {
		return nil
	}
	net := *u
	net.SelfCPUNS = max(net.SelfCPUNS-reading, 0)
	return &net
}

// idleCPUWarning warns of targets that use CPU time while other targets are measured.
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
		words := fmt.Sprintf("%s as %s used %s of a core", t.workload, t.model, units.Percent(share))
		if !slices.Contains(used, words) {
			used = append(used, words)
		}
	}
	return warningAbout(cells, Warning{Code: "restless",
		Text:   "CPU time was used while other targets were measured: " + strings.Join(used, "; "),
		Advice: "all targets run at the same time, so this slows the others; find out what it does between requests"})
}
