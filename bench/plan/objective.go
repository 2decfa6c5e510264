package plan

import (
	"fmt"
	"time"
)

// An Objective is what response times have to meet: of the requests at a rate, the percentile is at most the limit.
type Objective struct {
	Percentile float64 `json:"percentile"` // 0.99 for p99
	LimitNS    int64   `json:"limit_ns"`
}

// String says it in words: "p99 ≤ 50 ms".
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

// Name is that of the percentile: "p99".
func (o Objective) Name() string { return fmt.Sprintf("p%.6g", o.Percentile*100) }

// An ObjectiveStatus is what one block shows of the objective.
type ObjectiveStatus int

// What a block may show.
const (
	Unclear ObjectiveStatus = iota // nothing: it is invalid
	Met                            // the objective is met
	Missed                         // it is not; a noisy moment may have done that
	Failed                         // it is not, by so much or in such a way that there is no need to ask again
)
