package analysis

import (
	"cmp"
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats"
)

// A WarmUp describes the warm-up of a persistent target after its starts, before measuring.
type WarmUp struct {
	Workload string  `json:"workload"`
	Model    string  `json:"model"`
	Starts   int     `json:"starts"`
	Steady   int     `json:"steady_starts"` // starts that reached a steady state: two adjacent windows agreed
	Requests int     `json:"requests"`      // discarded requests, over all starts
	Seconds  float64 `json:"seconds"`       // median length of a warm-up
}

// A StartUp is the cost of the first requests of a new process, including its start: medians over starts.
type StartUp struct {
	Workload string         `json:"workload"`
	Request  string         `json:"request"`
	Model    string         `json:"model"`
	Starts   int            `json:"starts"`
	Points   []StartUpPoint `json:"points"`
	// BreakEven is nil if no model with a process per request was measured, or if CPU time is unknown.
	BreakEven *BreakEven `json:"break_even"`
}

// A StartUpPoint is the cost of the start and of this many requests, one after the other.
type StartUpPoint struct {
	Requests int    `json:"requests"`
	NS       int64  `json:"ns"`     // time until the process was ready, plus the requests
	CPUNS    *int64 `json:"cpu_ns"` // CPU time of the server since its process started; nil if unknown
}

// A BreakEven is the number of requests from which a persistent process has used less CPU time than a process per
// request.
type BreakEven struct {
	Model    string `json:"model"`              // the model that starts a process per request
	CPUNS    int64  `json:"cpu_ns_per_request"` // CPU time per request of that model
	Requests *int   `json:"requests"`           // nil if there is no such number
	// Extrapolated reports whether Requests is beyond the last point. Further requests are assumed to cost as much as
	// those of the measured blocks or, if that is unknown, those between the last two points.
	Extrapolated bool `json:"extrapolated,omitempty"`
	// Lost reports whether a request of the measured blocks uses at least as much CPU time as a process per request, so
	// that the persistent process has used less CPU time only for a while.
	Lost bool `json:"lost,omitempty"`
}

// warmUps summarizes the warm-ups by target, in the plan's order.
func warmUps(r *record.Result) []WarmUp {
	found := []WarmUp{}
	for _, t := range r.Plan.Targets() {
		w := WarmUp{Workload: t.Workload, Model: t.Model}
		var seconds []float64
		for _, one := range r.WarmUps {
			if one.Workload != t.Workload || one.Model != t.Model {
				continue
			}
			w.Starts++
			if one.Steady {
				w.Steady++
			}
			seconds = append(seconds, float64(one.LengthNS)/1e9)
		}
		if w.Starts == 0 {
			continue
		}
		w.Seconds = stats.Median(seconds)
		for _, b := range r.Discarded {
			if c := r.Plan.Cells[b.Cell]; c.Workload == t.Workload && c.Model == t.Model {
				w.Requests += b.Requests
			}
		}
		found = append(found, w)
	}
	return found
}

// startUps returns the start-up curves of the persistent targets and their break-even points. A process that serves one
// request does not break even.
func startUps(r *record.Result, own []Cell) []StartUp {
	found, reading := []StartUp{}, measuredReadCosts(r)
	for _, t := range r.Plan.Targets() {
		if r.Plan.StartsAhead(t) {
			continue
		}
		var curves [][]record.CurvePoint
		request := ""
		for _, w := range r.WarmUps {
			if w.Workload == t.Workload && w.Model == t.Model && len(w.Curve) > 1 {
				curves, request = append(curves, w.Curve), w.Request
			}
		}
		if len(curves) == 0 {
			continue
		}
		s := StartUp{Workload: t.Workload, Request: request, Model: t.Model, Starts: len(curves),
			Points: medianCurve(curves, reading[targetKey{t.Workload, t.Model}])}
		twin := r.Plan.Twin(t.Workload, t.Model)
		fresh := s.cell(own, func(c Cell) bool { return !r.Plan.Stays(c.Model) && (twin == "" || c.Model == twin) })
		s.BreakEven = breakEven(s, fresh, s.cell(own, func(c Cell) bool { return c.Model == s.Model }))
		found = append(found, s)
	}
	return found
}

// medianCurve returns the points that at least half of the curves have: medians over these curves. A curve is short if
// its requests were slow. The CPU time of a point is that without the readings for the points before, each of which has
// cost the target reading nanoseconds.
func medianCurve(curves [][]record.CurvePoint, reading int64) (points []StartUpPoint) {
	longest := slices.MaxFunc(curves, func(a, b []record.CurvePoint) int { return cmp.Compare(len(a), len(b)) })
	for i, p := range longest {
		var times, cpu []float64
		for _, c := range curves {
			if len(c) <= i {
				continue
			}
			times = append(times, float64(c[i].NS))
			if c[i].CPUNS != nil {
				cpu = append(cpu, float64(*c[i].CPUNS))
			}
		}
		if 2*len(times) < len(curves) {
			break
		}
		point := StartUpPoint{Requests: p.Requests, NS: int64(stats.Median(times))}
		if len(cpu) == len(times) {
			point.CPUNS = new(max(int64(stats.Median(cpu))-int64(i)*reading, 0))
		}
		points = append(points, point)
	}
	return points
}

// cell returns the cell of the same request with known CPU time for which includes returns true; nil if there is none.
// It prefers closed loops with few clients.
func (s StartUp) cell(own []Cell, includes func(Cell) bool) *Cell {
	var found *Cell
	for i, c := range own {
		if c.Workload != s.Workload || c.Request != s.Request || c.CPUPerRequest == nil || !includes(c) {
			continue
		}
		if found == nil || c.Load.Kind == record.Closed &&
			(found.Load.Kind != record.Closed || c.Load.Concurrency < found.Load.Concurrency) {
			found = &own[i]
		}
	}
	return found
}

// breakEven returns the smallest number of requests n for which the start and n requests cost at most as much as n
// processes. The cell of the persistent process has the cost of requests beyond the curve. It returns nil if that cost
// or the cost of a process is unknown.
func breakEven(s StartUp, fresh, kept *Cell) *BreakEven {
	if fresh == nil || slices.ContainsFunc(s.Points, func(p StartUpPoint) bool { return p.CPUNS == nil }) {
		return nil
	}
	b := &BreakEven{Model: fresh.Model, CPUNS: *fresh.CPUPerRequest}
	each := float64(b.CPUNS)
	for i := 1; i < len(s.Points); i++ {
		from, to := s.Points[i-1], s.Points[i]
		if float64(*to.CPUNS) > each*float64(to.Requests) {
			continue
		}
		n := min(crossing(from, slope(from, to), each), to.Requests) // not beyond it by rounding
		b.Requests, b.Lost = &n, kept != nil && *kept.CPUPerRequest >= b.CPUNS
		return b
	}
	end := s.Points[len(s.Points)-1]
	var further float64 // ns of CPU time per request
	switch {
	case kept != nil:
		further = float64(*kept.CPUPerRequest)
	case len(s.Points) > minCurve:
		further = slope(s.Points[len(s.Points)-2], end)
	default:
		return nil
	}
	if n := crossing(end, further, each); n > 0 {
		b.Requests, b.Extrapolated = &n, true
	}
	return b
}

// minCurve is the largest number of points whose last two do not show the cost of further requests: the first request
// is slower than later ones.
const minCurve = 2

// slope returns the CPU time per request between two points, in nanoseconds.
func slope(from, to StartUpPoint) float64 {
	return float64(*to.CPUNS-*from.CPUNS) / float64(to.Requests-from.Requests)
}

// maxBreakEven is the largest break-even point that is extrapolated.
const maxBreakEven = 1_000_000_000

// crossing returns the smallest n beyond a point at which the CPU time is at most n × each, if each further request
// uses slope; 0 if there is none. All times are in nanoseconds.
func crossing(from StartUpPoint, slope, each float64) int {
	start, least := float64(*from.CPUNS)-slope*float64(from.Requests), from.Requests+1
	if start+float64(least)*slope <= float64(least)*each {
		return least
	}
	n := math.Ceil(start / (each - slope))
	if each <= slope || n > maxBreakEven {
		return 0
	}
	return max(int(n), least)
}
