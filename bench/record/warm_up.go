package record

import (
	"fmt"
)

// A WarmUp is the warm-up of a target between its start and its first evaluated block. Its visits are recorded as
// blocks with WarmUp set.
type WarmUp struct {
	Workload string       `json:"workload"`
	Model    string       `json:"model"`
	Start    int          `json:"start"`              // index of the start of the targets
	ReadyNS  int64        `json:"ready_ns,omitempty"` // time from process start until ready; 0 for an external server
	Request  string       `json:"request"`            // request of the curve
	Curve    []CurvePoint `json:"curve,omitempty"`    // cost of the first requests, sent one after the other
	LengthNS int64        `json:"length_ns"`          // total duration
	Steady   bool         `json:"steady"`             // two adjacent windows agreed, for each request
}

// A CurvePoint is the cumulative cost of a target after a number of requests.
type CurvePoint struct {
	Requests int    `json:"requests"`
	NS       int64  `json:"ns"`               // startup time plus the time of the requests
	CPUNS    *int64 `json:"cpu_ns,omitempty"` // CPU time since process start; nil if unknown
}

// AddWarmUp records a warm-up.
func (r *Record) AddWarmUp(w WarmUp) error { return r.writeLine(entry{WarmUp: &w}) }

// maxCurve is the largest number of points of a curve.
const maxCurve = 100

// validate returns an error if a number of the warm-up is invalid.
func (w WarmUp) validate() error {
	if w.Start < 0 || w.Start > maxStarts || len(w.Curve) > maxCurve {
		return fmt.Errorf("warm-up of start %d with %d points is out of range", w.Start, len(w.Curve))
	}
	bounds := []bound{{"length_ns", float64(w.LengthNS), 0, maxNS}, {"ready_ns", float64(w.ReadyNS), 0, maxNS}}
	before := CurvePoint{Requests: -1, CPUNS: new(int64)}
	for _, p := range w.Curve {
		bounds = append(bounds, bound{"the requests of a point", float64(p.Requests), float64(before.Requests + 1), maxCount},
			bound{"the time of a point", float64(p.NS), float64(before.NS), maxNS})
		if p.CPUNS != nil {
			bounds = append(bounds, bound{"the CPU time of a point", float64(*p.CPUNS), 0, maxNS})
		}
		before = p
	}
	return validate(bounds)
}
