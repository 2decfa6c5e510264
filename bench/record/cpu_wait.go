package record

// A CPUWait is how processes waited for a CPU during a block. What is nil is not known. It makes blocks noisier, and
// none of them invalid.
type CPUWait struct {
	// RunQueueNS is how long threads were ready to run and waited for a CPU, added up, throttled ones too. Of a target
	// it is that of its server and of those descendants that lived when it was started: children that start later, as
	// for CGI, are not seen.
	RunQueueNS *int64 `json:"run_queue_ns,omitempty"`
	// Throttling is that of the control groups. Of a target it is nil, too, if its groups are those of the harness.
	Throttling *Throttling `json:"throttling,omitempty"`
}

// Throttling is what the control groups of a process counted, and the tightest of their limits.
type Throttling struct {
	Periods     int64 `json:"nr_periods"`          // of the limit, in which there was something to run
	Throttled   int64 `json:"nr_throttled"`        // those of them in which the limit was reached
	ThrottledNS int64 `json:"throttled_ns"`        // for which processes were held up, the CPUs added up
	QuotaNS     int64 `json:"quota_ns,omitempty"`  // CPU time that a period has; 0 if there is no limit
	PeriodNS    int64 `json:"period_ns,omitempty"` // length of a period
}

// bounds of the numbers of a block's waits.
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
