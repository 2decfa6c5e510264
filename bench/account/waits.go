package account

import "time"

// Throttling is what control groups counted while they held up the processes in them, whose CPU time they limit.
type Throttling struct {
	Periods   int64         // of the limit, in which there was something to run
	Throttled int64         // those of them in which the limit was reached
	Time      time.Duration // for which processes were held up, the CPUs added up
}

// Sub returns what was counted between before and t.
func (t Throttling) Sub(before Throttling) Throttling {
	return Throttling{t.Periods - before.Periods, t.Throttled - before.Throttled, t.Time - before.Time}
}

// A CPULimit is the CPU time that the processes of a control group may use in each period, together. The zero value is
// no limit.
type CPULimit struct{ Quota, Period time.Duration }

// Cores is how many cores' time the limit is; 0 if there is none.
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
