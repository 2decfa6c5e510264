package record

import (
	"fmt"
)

// A WarmUp is what was done with a target between its start and its first block that counts. The visits of it are blocks
// of which WarmUp is set.
type WarmUp struct {
	Workload string       `json:"workload"`
	Model    string       `json:"model"`
	Start    int          `json:"start"`              // of the targets
	ReadyNS  int64        `json:"ready_ns,omitempty"` // from the start of its process until it was ready; 0 for an external server
	Request  string       `json:"request"`            // of the curve
	Curve    []CurvePoint `json:"curve,omitempty"`    // the cost of its first requests, one after the other
	LengthNS int64        `json:"length_ns"`          // of all
	Steady   bool         `json:"steady"`             // two adjacent windows agreed, of each request
}

// A CurvePoint is what a target has cost when it had served so many requests.
type CurvePoint struct {
	Requests int    `json:"requests"`
	NS       int64  `json:"ns"`               // until it was ready, and of the requests
	CPUNS    *int64 `json:"cpu_ns,omitempty"` // since its process began; nil if that is not known
}

// AddWarmUp puts a warm-up on record.
func (r *Record) AddWarmUp(w WarmUp) error { return r.writeLine(entry{WarmUp: &w}) }

// maxCurve is how many points a curve may have.
const maxCurve = 100

// validate returns what is wrong with the numbers of a warm-up.
func (w WarmUp) validate() error {
	if w.Start < 0 || w.Start > maxStarts || len(w.Curve) > maxCurve {
		return fmt.Errorf("the warm-up is of start %d and has %d points, which cannot be", w.Start, len(w.Curve))
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
