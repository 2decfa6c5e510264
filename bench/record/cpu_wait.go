package record

// A CPUWait is the time that processes waited for a CPU during a block; nil fields are unknown. Waiting makes a block
// noisier, but not invalid.
type CPUWait struct {
	// RunQueueNS is the sum of the times that threads, throttled ones included, were ready to run and waited for a CPU.
	// For a target it covers its server and the descendants that existed when it was ready. Children that start later,
	// as with CGI, are not included.
	RunQueueNS *int64 `json:"run_queue_ns,omitempty"`
	// Throttling is the throttling of the control groups. For a target it is also nil if it is in the
	// groups of the harness.
	Throttling *Throttling `json:"throttling,omitempty"`
}

// Throttling holds the CPU bandwidth counters of the control groups of a process, and the tightest of their limits.
type Throttling struct {
	Periods     int64 `json:"nr_periods"`          // periods of the limit with something to run
	Throttled   int64 `json:"nr_throttled"`        // periods in which the limit was reached
	ThrottledNS int64 `json:"throttled_ns"`        // time that processes were throttled, summed over CPUs
	QuotaNS     int64 `json:"quota_ns,omitempty"`  // CPU time per period; 0 if there is no limit
	PeriodNS    int64 `json:"period_ns,omitempty"` // length of a period
}

// bounds returns the bounds of the numbers of w; of is the key of w in its block.
func (w CPUWait) bounds(of string) (all []bound) {
	if w.RunQueueNS != nil {
		all = append(all, bound{of + " run_queue_ns", float64(*w.RunQueueNS), 0, maxNS})
	}
	if t := w.Throttling; t != nil {
		all = append(all, bound{of + " nr_periods", float64(t.Periods), 0, maxCount},
			bound{of + " nr_throttled", float64(t.Throttled), 0, maxCount},
			bound{of + " throttled_ns", float64(t.ThrottledNS), 0, maxNS},
			bound{of + " quota_ns", float64(t.QuotaNS), 0, maxNS},
			bound{of + " period_ns", float64(t.PeriodNS), 0, maxNS})
	}
	return all
}

// Add returns the sum of the waits of two generators, which is unknown if one is. Throttling is that of the one that
// was throttled for longer, as both may be in the same control group.
func (w CPUWait) Add(more CPUWait) CPUWait {
	if w.RunQueueNS == nil || more.RunQueueNS == nil {
		w.RunQueueNS = nil
	} else {
		w.RunQueueNS = new(*w.RunQueueNS + *more.RunQueueNS)
	}
	if w.Throttling == nil || more.Throttling != nil && more.Throttling.ThrottledNS > w.Throttling.ThrottledNS {
		w.Throttling = more.Throttling
	}
	return w
}
