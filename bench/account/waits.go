package account

import "time"

// Throttling holds the throttling counters of control groups with a CPU limit.
type Throttling struct {
	Periods   int64         // periods of the limit in which a process was ready to run
	Throttled int64         // periods in which the limit was reached
	Time      time.Duration // time for which processes were throttled, summed over CPUs
}

// Sub returns the counts between before and t.
func (t Throttling) Sub(before Throttling) Throttling {
	return Throttling{t.Periods - before.Periods, t.Throttled - before.Throttled, t.Time - before.Time}
}

// A CPULimit is the CPU time (Quota) that all processes of a control group together may use in each Period. The zero
// value means no limit.
type CPULimit struct{ Quota, Period time.Duration }

// Cores returns the limit as a number of cores; 0 means no limit.
func (l CPULimit) Cores() float64 {
	if l.Quota <= 0 || l.Period <= 0 {
		return 0
	}
	return float64(l.Quota) / float64(l.Period)
}

// tighter reports whether l permits less than other.
func (l CPULimit) tighter(other CPULimit) bool {
	return l.Cores() > 0 && (other.Cores() == 0 || l.Cores() < other.Cores())
}
