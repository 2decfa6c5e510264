package analysis

import (
	"cmp"
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats"
)

// A WarmUp says how targets that stay were warmed after their starts, before anything counted.
type WarmUp struct {
	Workload string  `json:"workload"`
	Model    string  `json:"model"`
	Starts   int     `json:"starts"`
	Steady   int     `json:"steady_starts"` // at whose end two adjacent windows agreed
	Requests int     `json:"requests"`      // discarded, at all starts
	Seconds  float64 `json:"seconds"`       // of a start, the median
}

// A StartUp is what the first requests of a fresh process cost, its own start included: medians over starts.
type StartUp struct {
	Workload  string         `json:"workload"`
	Request   string         `json:"request"`
	Model     string         `json:"model"`
	Starts    int            `json:"starts"`
	Points    []StartUpPoint `json:"points"`
	BreakEven *BreakEven     `json:"break_even"` // nil if no model with a process for each request was measured, or CPU time is unknown
}

// A StartUpPoint is the cost of the start and of so many requests, one after the other.
type StartUpPoint struct {
	Requests int    `json:"requests"`
	NS       int64  `json:"ns"`     // until the process was ready, and of the requests
	CPUNS    *int64 `json:"cpu_ns"` // of the server since its process began; nil if that is not known
}

// A BreakEven is from how many requests on a process that stays has cost less CPU time than one for each request.
type BreakEven struct {
	Model    string `json:"model"`              // that starts a process for each request
	CPUNS    int64  `json:"cpu_ns_per_request"` // of that
	Requests *int   `json:"requests"`           // the smallest number; nil if there is none
	// Extrapolated is set where the number is beyond the last point: each further request is taken to cost what those
	// between the last two points did.
	Extrapolated bool `json:"extrapolated,omitempty"`
}

// warmUps sums up the warm-ups by target, in the plan's order.
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

// startUps works out the curves of the targets that stay, and where each breaks even.
func startUps(r *record.Result, own []Cell) []StartUp {
	found := []StartUp{}
	for _, t := range r.Plan.Targets() {
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
		s := StartUp{Workload: t.Workload, Request: request, Model: t.Model, Starts: len(curves), Points: medianCurve(curves)}
		s.BreakEven = breakEven(s, freshCell(r.Plan, s, own))
		found = append(found, s)
	}
	return found
}

// medianCurve is of the points that all curves have.
func medianCurve(curves [][]record.CurvePoint) (points []StartUpPoint) {
	shortest := slices.MinFunc(curves, func(a, b []record.CurvePoint) int { return cmp.Compare(len(a), len(b)) })
	for i, p := range shortest {
		var times, cpu []float64
		for _, c := range curves {
			times = append(times, float64(c[i].NS))
			if c[i].CPUNS != nil {
				cpu = append(cpu, float64(*c[i].CPUNS))
			}
		}
		point := StartUpPoint{Requests: p.Requests, NS: int64(stats.Median(times))}
		if len(cpu) == len(curves) {
			point.CPUNS = new(int64(stats.Median(cpu)))
		}
		points = append(points, point)
	}
	return points
}

// freshCell is the cell of the same request, of one client if there is one, that has a process for each request; nil if
// none has.
func freshCell(p record.Plan, s StartUp, own []Cell) *Cell {
	var found *Cell
	for i, c := range own {
		if c.Workload != s.Workload || c.Request != s.Request || p.Stays(c.Model) || c.CPUPerRequest == nil {
			continue
		}
		if found == nil || c.Load.Kind == record.Closed && (found.Load.Kind != record.Closed || c.Load.Concurrency < found.Load.Concurrency) {
			found = &own[i]
		}
	}
	return found
}

// breakEven finds the smallest number of requests n for which the start and n requests cost no more than n processes.
func breakEven(s StartUp, fresh *Cell) *BreakEven {
	last := len(s.Points) - 1
	if fresh == nil || slices.ContainsFunc(s.Points, func(p StartUpPoint) bool { return p.CPUNS == nil }) {
		return nil
	}
	b := &BreakEven{Model: fresh.Model, CPUNS: *fresh.CPUPerRequest}
	each := float64(b.CPUNS)
	for i := 1; i <= last; i++ {
		from, to := s.Points[i-1], s.Points[i]
		if float64(*to.CPUNS) > each*float64(to.Requests) && i < last {
			continue
		}
		slope := float64(*to.CPUNS-*from.CPUNS) / float64(to.Requests-from.Requests)
		n := crossing(float64(*from.CPUNS)-slope*float64(from.Requests), slope, each, from.Requests+1)
		if n > 0 && (n <= to.Requests || i == last) {
			b.Requests, b.Extrapolated = &n, n > to.Requests
			return b
		}
	}
	return b
}

// mostRequests is beyond what is extrapolated to.
const mostRequests = 1_000_000_000

// crossing is the smallest n, from least on, with start + n × slope at most n × each; 0 if there is none.
func crossing(start, slope, each float64, least int) int {
	if start+float64(least)*slope <= float64(least)*each {
		return least
	}
	n := math.Ceil(start / (each - slope))
	if each <= slope || n > mostRequests {
		return 0
	}
	return max(int(n), least)
}
