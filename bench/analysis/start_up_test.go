package analysis_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// curveOf returns a curve from the CPU time of the start and of each request after it, in nanoseconds.
func curveOf(start, each int64) (points []record.CurvePoint) {
	for _, n := range []int{0, 1, 2, 10, 100, 1000} {
		cpu := start + int64(n)*each
		points = append(points, record.CurvePoint{Requests: n, NS: 2 * cpu, CPUNS: new(cpu)})
	}
	return points
}

func TestBreakEven(t *testing.T) {
	for name, test := range map[string]struct {
		start, each, fresh int64
		want               *int
		extrapolated       bool
	}{
		"at once":           {500, 100, 1000, new(1), false},
		"the second":        {1500, 100, 1000, new(2), false},
		"between points":    {9_000, 100, 1000, new(10), false},
		"just there":        {36_000, 100, 1000, new(40), false},
		"one later":         {36_001, 100, 1000, new(41), false},
		"the last point":    {900_000, 100, 1000, new(1000), false},
		"beyond":            {9_000_000, 100, 1000, new(10_000), true},
		"never":             {1000, 1000, 1000, nil, false},
		"never, and higher": {1000, 2000, 1000, nil, false},
	} {
		p := record.Plan{Cells: []record.Cell{{Workload: "w", Request: "r", Model: "persistent"},
			{Workload: "w", Request: "r", Model: "cgi"}}}
		r := &record.Result{Head: record.Head{Plan: p}, WarmUps: []record.WarmUp{
			{Workload: "w", Model: "persistent", Request: "r", Curve: curveOf(test.start, test.each)}}}
		cells := []analysis.Cell{{Cell: p.Cells[0], CPUPerRequest: new(test.each)},
			{Cell: p.Cells[1], CPUPerRequest: new(test.fresh)}}
		found := analysis.StartUps(r, cells)
		if len(found) != 1 || found[0].BreakEven == nil {
			t.Fatalf("%s: %+v", name, found)
		}
		want := &analysis.BreakEven{Model: "cgi", CPUNS: test.fresh, Requests: test.want, Extrapolated: test.extrapolated}
		if diff := cmp.Diff(want, found[0].BreakEven); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Beyond the curve, a request is assumed to use the CPU time of the measured blocks. A slow first request ends the
// curve early, and must not be taken for the cost of all others.
func TestBreakEvenBeyondTheCurve(t *testing.T) {
	p := record.Plan{Cells: []record.Cell{{Workload: "w", Request: "r", Model: "persistent"},
		{Workload: "w", Request: "r", Model: "cgi"}}}
	slowFirst := []record.CurvePoint{{CPUNS: new(int64(1000))}, {Requests: 1, CPUNS: new(int64(401_000))}}
	for name, test := range map[string]struct {
		curve []record.CurvePoint
		kept  *int64
		want  *analysis.BreakEven
	}{
		// 401,000 + 10 (n − 1) ≤ 1000 n from n = 405.04 on.
		"a slow first request": {slowFirst, new(int64(10)),
			&analysis.BreakEven{Model: "cgi", CPUNS: 1000, Requests: new(406), Extrapolated: true}},
		"without the cost of others": {slowFirst, nil, nil},
		"more expensive later": {curveOf(9_000, 100), new(int64(1500)),
			&analysis.BreakEven{Model: "cgi", CPUNS: 1000, Requests: new(10), Lost: true}},
		"cheaper later": {curveOf(1_000_000, 1000), new(int64(500)), // 1,000,000 + 1000 × 1000 + 500 (n − 1000) ≤ 1000 n
			&analysis.BreakEven{Model: "cgi", CPUNS: 1000, Requests: new(3000), Extrapolated: true}},
	} {
		r := &record.Result{Head: record.Head{Plan: p}, WarmUps: []record.WarmUp{
			{Workload: "w", Model: "persistent", Request: "r", Curve: test.curve}}}
		cells := []analysis.Cell{{Cell: p.Cells[0], CPUPerRequest: test.kept},
			{Cell: p.Cells[1], CPUPerRequest: new(int64(1000))}}
		found := analysis.StartUps(r, cells)
		if len(found) != 1 {
			t.Fatalf("%s: %+v", name, found)
		}
		if diff := cmp.Diff(test.want, found[0].BreakEven); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The median curve has the medians of the points that at least half of the starts have.
func TestMedianCurve(t *testing.T) {
	p := record.Plan{Cells: []record.Cell{{Workload: "w", Request: "r", Model: "persistent"}}}
	r := &record.Result{Head: record.Head{Plan: p}}
	for i, start := range []int64{100, 300, 200} {
		w := record.WarmUp{Workload: "w", Model: "persistent", Start: i, Request: "r", Curve: curveOf(start, 10)}
		if i == 1 {
			w.Curve = w.Curve[:3]
		}
		r.WarmUps = append(r.WarmUps, w)
	}
	r.Blocks = []record.Block{{ReadingNS: new(int64(5))}} // each reading costs as much, for all later points
	found := analysis.StartUps(r, nil)
	want := []analysis.StartUp{{Workload: "w", Request: "r", Model: "persistent", Starts: 3,
		Points: []analysis.StartUpPoint{{Requests: 0, NS: 400, CPUNS: new(int64(200))},
			{Requests: 1, NS: 420, CPUNS: new(int64(205))}, {Requests: 2, NS: 440, CPUNS: new(int64(210))},
			{Requests: 10, NS: 500, CPUNS: new(int64(235))}, {Requests: 100, NS: 2300, CPUNS: new(int64(1130))},
			{Requests: 1000, NS: 20_300, CPUNS: new(int64(10_125))}}}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("the curve (-want +got):\n%s", diff)
	}
}

func TestStartClasses(t *testing.T) {
	level := func(n int, ms float64) (medians []float64) {
		for i := range n {
			medians = append(medians, ms*1e6*(1+0.01*math.Sin(float64(7*i))))
		}
		return medians
	}
	for want, medians := range map[string][][]float64{
		analysis.Unclassified: {level(29, 1)},
		analysis.Flat:         {level(100, 1), level(50, 1.03)},
		analysis.Warming:      {level(20, 3), level(20, 2), level(60, 1)},
		analysis.Slowing:      {level(20, 2), level(40, 1), level(40, 1.5)},
		analysis.Unsteady:     {level(90, 1), level(10, 2)},
	} {
		var samples []analysis.Sample
		for _, part := range medians {
			for _, m := range part {
				samples = append(samples, analysis.Sample{Start: 4,
					Metrics: map[string]float64{analysis.MetricResponse: m}})
			}
		}
		if diff := cmp.Diff(analysis.Counts{want: 1}, analysis.StartClasses(samples)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want, diff)
		}
	}
}

// The contender of a suite is compared with its twin, not with another CGI program of the group.
func TestBreakEvenWithTwin(t *testing.T) {
	p := record.Plan{Cells: []record.Cell{{Workload: "w", Request: "r", Model: "C"},
		{Workload: "w", Request: "r", Model: "Python"}, {Workload: "w", Request: "r", Model: "Python server"}}}
	p.Suite = &plan.SuiteInfo{Contenders: []record.Contender{{Workload: "w", Name: "C", Fresh: true},
		{Workload: "w", Name: "Python", Fresh: true}, {Workload: "w", Name: "Python server", Twin: "Python"}}}
	r := &record.Result{Head: record.Head{Plan: p}, WarmUps: []record.WarmUp{
		{Workload: "w", Model: "Python server", Request: "r", Curve: curveOf(36_000, 100)}}}
	cells := []analysis.Cell{{Cell: p.Cells[0], CPUPerRequest: new(int64(200))},
		{Cell: p.Cells[1], CPUPerRequest: new(int64(1000))}, {Cell: p.Cells[2], CPUPerRequest: new(int64(100))}}
	want := &analysis.BreakEven{Model: "Python", CPUNS: 1000, Requests: new(40)}
	if diff := cmp.Diff(want, analysis.StartUps(r, cells)[0].BreakEven); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
