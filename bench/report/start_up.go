package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

const (
	aboutStartUp = "Medians over starts of a fresh resident process, to which one client sent its first requests. " +
		"The cost " +
		"per request is the cost of the start-up and of the first n requests, divided by n. Time is the time until the " +
		"process was ready plus the response times."
	aboutStartCPU  = "CPU time of the server since its process began."
	aboutBreakEven = "Smallest number of requests n for which the start-up and n requests of the resident process " +
		"take at most " +
		"the CPU time of n CGI requests. Beyond the last point of the curve (≈), a request is assumed to use the CPU time " +
		"that it has in the measured blocks. \"then lost\": there it uses at least as much as a CGI request."
	aboutWarmUp = "Requests sent before the first block, at the largest load of each request, until two adjacent " +
		"windows of " +
		"response times agreed by pyperf's rule or the time limit of --warm-up was reached."
)

// startUpColumns returns the columns of start-ups, including one for each shown number of requests.
func startUpColumns() []column[analysis.StartUp] {
	all := []column[analysis.StartUp]{
		{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.StartUp]},
		{Name: "model", Key: "model", About: aboutModel},
		{Name: "ready in", Unit: ns, About: aboutStartUp, Text: of(func(s analysis.StartUp) string {
			if len(s.Points) == 0 { // only in a damaged result
				return units.Absent
			}
			return units.Duration(float64(s.Points[0].NS))
		})},
	}
	for _, n := range []int{1, 10, 100, 1000} {
		all = append(all, column[analysis.StartUp]{Name: "n = " + units.Count(int64(n)), Unit: ns, About: aboutStartCPU,
			Text: of(func(s analysis.StartUp) string { return eachCPU(s, n) })})
	}
	return append(all,
		column[analysis.StartUp]{Name: "CGI", Unit: ns, About: "CPU time of a CGI request.",
			Text: of(func(s analysis.StartUp) string {
				if s.BreakEven == nil {
					return units.Absent
				}
				return units.Duration(float64(s.BreakEven.CPUNS))
			})},
		column[analysis.StartUp]{Name: "break-even", Unit: counts, About: aboutBreakEven, Text: of(breakEvenText)})
}

// eachCPU formats the CPU time per request over the first n requests, start-up included.
func eachCPU(s analysis.StartUp, n int) string {
	for _, p := range s.Points {
		if p.Requests == n && p.CPUNS != nil {
			return units.Duration(float64(*p.CPUNS) / float64(n))
		}
	}
	return units.Absent
}

func breakEvenText(s analysis.StartUp) string {
	switch b := s.BreakEven; {
	case b == nil:
		return units.Absent
	case b.Requests == nil:
		return "never"
	case b.Lost:
		return units.Count(int64(*b.Requests)) + ", then lost"
	case b.Extrapolated:
		return "≈ " + units.Count(int64(*b.Requests))
	default:
		return units.Count(int64(*b.Requests))
	}
}

// A point is a row of the table of start-up curves.
type point struct {
	analysis.StartUp
	analysis.StartUpPoint
	place string
}

var pointColumns = []column[point]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[point]},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "requests", Key: "requests", Unit: counts, About: aboutStartUp},
	{Name: "time so far", Key: "ns", Unit: ns, About: aboutStartUp},
	{Name: "time each", Unit: ns, About: aboutStartUp, Text: of(func(p point) string {
		return each(float64(p.NS),
			p.Requests)
	})},
	{Name: "CPU so far", Key: "cpu_ns", Unit: ns, About: aboutStartCPU},
	{Name: "CPU each", Unit: ns, About: aboutStartCPU, Text: of(func(p point) string {
		if p.CPUNS == nil {
			return units.Absent
		}
		return each(float64(*p.CPUNS), p.Requests)
	})},
}

func each(ns float64, requests int) string {
	if requests == 0 {
		return units.Absent
	}
	return units.Duration(ns / float64(requests))
}

func requestOfStartUp(s analysis.StartUp) string { return analysis.RequestName(s.Workload, s.Request) }

// pointsTable returns a table of the points of the shown curves. Places are indexes into all curves of the analysis.
func pointsTable(a *analysis.Analysis, shown []analysis.StartUp) grid {
	var rows []point
	for _, s := range shown {
		at := slices.IndexFunc(a.StartUps, func(o analysis.StartUp) bool {
			return o.Workload == s.Workload && o.Model == s.Model
		})
		for j, p := range s.Points {
			rows = append(rows, point{s, p, fmt.Sprintf(".start_up.%d.points.%d", at, j)})
		}
	}
	return makeTable(a, pointColumns, 0, rows, func(p point) string { return p.place })
}

var warmUpColumns = []column[analysis.WarmUp]{
	{Name: "workload", Key: "workload", About: "Name of the program, or of the task that a suite compares."},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "starts warmed", Key: "starts", Unit: counts, About: aboutWarmUp},
	{Name: "steady", Key: "steady_starts", Unit: counts, About: "Starts at which the last windows agreed."},
	{Name: "requests", Key: "requests", Unit: counts, About: aboutWarmUp},
	{Name: "per start", Key: "seconds", Unit: spans, About: aboutWarmUp},
}

// startUpFigures plots the CPU time per request, start-up included, against the number of requests that the process has
// served. The CPU time of a CGI request is a line.
func startUpFigures(a *analysis.Analysis, size size) (found []*figure) {
	drawn := slices.DeleteFunc(slices.Clone(a.StartUps), func(s analysis.StartUp) bool {
		if len(s.Points) < 3 {
			return true
		}
		last := s.Points[len(s.Points)-1].CPUNS
		return last == nil || *last == 0
	})
	for _, g := range groupBy(drawn, requestOfStartUp) {
		f := &figure{size: size, ID: fmt.Sprintf("start-up-%d", len(found)+1),
			Title: "CPU time per request of a resident process, its start-up included: " + g.name,
			Short: "Break-even: " + g.name, Data: pointsTable(a, g.members),
			About: "CPU time of the start-up and of the first n requests, divided by n. The dashed line is the CPU time of a " +
				"CGI request: where a curve falls below it, the start-up is amortized. Both axes are logarithmic.",
			x: size.acrossPlot(), y: logScale(plotHeight, plotTop)}
		for _, s := range g.members {
			for _, p := range s.Points[1:] {
				if p.CPUNS != nil && *p.CPUNS > 0 {
					f.x.include(float64(p.Requests))
					f.y.include(float64(*p.CPUNS) / float64(p.Requests))
				}
			}
			if s.BreakEven != nil {
				f.y.include(float64(s.BreakEven.CPUNS))
			}
		}
		f.x.widen()
		f.y.widen()
		f.axes(func(v float64) string { return units.Count(int64(v)) }, units.Duration)
		for i, s := range g.members {
			f.Legend = append(f.Legend, s.Model)
			var points [][2]float64
			for _, p := range s.Points[1:] {
				if p.CPUNS != nil && *p.CPUNS > 0 {
					each := float64(*p.CPUNS) / float64(p.Requests)
					points = append(points, [2]float64{float64(p.Requests), each})
					f.mark(f.x.at(float64(p.Requests)), f.y.at(each), i, fmt.Sprintf("%s, %s requests: %s each", s.Model,
						units.Count(int64(p.Requests)), units.Duration(each)))
				}
			}
			f.path(points, i)
			if b := s.BreakEven; b != nil {
				y := f.y.at(float64(b.CPUNS))
				f.line(f.x.from, y, f.x.to, y, "none")
			}
		}
		found = append(found, f)
	}
	return found
}

// hasClasses reports whether any start was classified.
func hasClasses(a *analysis.Analysis) bool {
	return slices.ContainsFunc(a.Cells, func(c analysis.Cell) bool {
		for class := range c.Starts {
			if class != analysis.Unclassified {
				return true
			}
		}
		return false
	})
}

// classesText lists the classes of the starts of a cell: "3 flat, 1 warming".
func classesText(c analysis.Cell) string {
	var parts []string
	for _, class := range []string{analysis.Flat, analysis.Warming, analysis.Slowing, analysis.Unsteady,
		analysis.Unclassified} {
		if n := c.Starts[class]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, class))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), units.Absent)
}
