package plan

import (
	"fmt"
	"time"
)

// An Objective is a requirement on response times: their percentile at a rate is at most the limit.
type Objective struct {
	Percentile float64 `json:"percentile"` // 0.99 for p99
	LimitNS    int64   `json:"limit_ns"`
}

// String returns the objective as text: "p99 ≤ 50 ms".
func (o Objective) String() string {
	limit, unit := time.Duration(o.LimitNS), time.Nanosecond
	name := "ns"
	for _, u := range []struct {
		size time.Duration
		name string
	}{{time.Microsecond, "µs"}, {time.Millisecond, "ms"}, {time.Second, "s"}} {
		if limit >= u.size {
			unit, name = u.size, u.name
		}
	}
	return fmt.Sprintf("%s ≤ %g %s", o.Name(), float64(limit)/float64(unit), name)
}

// Name returns the name of the percentile: "p99".
func (o Objective) Name() string { return fmt.Sprintf("p%.6g", o.Percentile*100) }

// An ObjectiveStatus is the result of one block for the objective.
type ObjectiveStatus int

// Results of a block.
const (
	Unclear ObjectiveStatus = iota // the block is invalid
	Met                            // the objective is met
	Missed                         // the objective is not met, perhaps because of noise
	Failed                         // the objective is not met, so clearly that another visit is not needed
)
