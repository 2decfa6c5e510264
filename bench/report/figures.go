package report

import (
	"cmp"
	"fmt"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// A dot is one row of a plot of dots with intervals.
type dot struct {
	label, value string
	at           float64
	low, high    *float64
}

// dots draws a row for each dot; without dots it returns no figure. The value none means no difference: 1 for ratios,
// which have a logarithmic axis, and 0 for differences.
func (f *figure) dots(all []dot, none float64, print func(float64) string) []*figure {
	if len(all) == 0 {
		return nil
	}
	f.height = float64(len(all)) * f.size.row
	f.x = scale{low: none, high: none, from: f.size.label + 10, to: f.size.width - f.size.value, log: none > 0}
	for _, d := range all {
		for _, v := range []*float64{&d.at, d.low, d.high} {
			if v != nil && (!f.x.log || *v > 0) {
				f.x.include(*v)
			}
		}
	}
	f.x.widen()
	f.axisX(0, f.height, print)
	f.line(f.x.at(none), 0, f.x.at(none), f.height, "none")
	for i, d := range all {
		y := (float64(i) + 0.5) * f.size.row
		if label := shorten(d.label, f.size.longest); f.size.label > 0 {
			f.text(f.size.label, y+4, "end", "label", label)
		} else {
			f.text(0, y-8, "start", "label", label)
			y += 10
		}
		if d.low != nil && d.high != nil {
			low, high := f.x.at(*d.low), f.x.at(*d.high)
			f.line(low, y, high, y, "interval")
			f.line(low, y-4, low, y+4, "interval")
			f.line(high, y-4, high, y+4, "interval")
		}
		f.mark(f.x.at(d.at), y, 0, d.label+": "+d.value)
		f.text(f.x.to+8, y+4, "start", "value", d.value)
	}
	return []*figure{f}
}

func shorten(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// taxFigure shows the ratios of median response times to the baseline's; for a suite, of throughputs.
func taxFigure(a *analysis.Analysis, s size) []*figure {
	shown := comparisons(a, func(c analysis.Comparison) bool { return c.Candidate != a.Run.Control })
	var all []dot
	for _, c := range shown {
		label := fmt.Sprintf("%s, %s, %s", analysis.RequestName(c.Workload, c.Request), c.Candidate, c.Load)
		all = append(all, dot{label, units.Number(c.Ratio) + "×" + intervalMark(c), c.Ratio, c.RatioLow, c.RatioHigh})
	}
	f := &figure{size: s, ID: "tax", Title: fmt.Sprintf("The %s over that of %s", spoken(mainMetric(a)), a.Run.Baseline),
		Short: "Ratios",
		About: "Dots are estimates, bars 95% CIs, on a logarithmic axis. The dashed line marks no difference.",
		Data:  comparisonTable(a, shown)}
	return f.dots(all, 1, func(v float64) string { return units.Number(v) + "×" })
}

// reuseFigure shows the response time that is added when a resource is not reused.
func reuseFigure(a *analysis.Analysis, size size) []*figure {
	var all []dot
	for _, l := range a.ReuseLevels {
		for _, s := range l.Steps {
			if e := s.Response; e.Value != nil {
				all = append(all, dot{fmt.Sprintf("%s, %s, + %s", analysis.RequestName(l.Workload, l.Request), l.Load, s.NotReused),
					units.Duration(*e.Value), *e.Value, e.Low, e.High})
			}
		}
	}
	f := &figure{size: size, ID: "reuse", Title: "Added median response time when a resource is not reused",
		Short: "Reuse levels", Data: stepsTable(a),
		About: "Each model against the model that keeps one resource more, measured by the client, with 95% CIs."}
	return f.dots(all, 0, units.Duration)
}

// stepHeight is the height of one phase in a waterfall, in SVG units.
const stepHeight = 17

// waterfallFigure shows the phases of a request one below the other, each beginning where the one before it ended. It
// has a waterfall for each cell whose model starts a process for each request.
func waterfallFigure(a *analysis.Analysis, s size) []*figure {
	f := &figure{size: s, ID: "phases", Title: "Phases of a request", Short: "Phases", Data: phasesTable(a),
		About: "Medians of consecutive phases. The time outside of the phases is the network, HTTP, and the client.",
		x:     scale{low: 0, from: s.steps, to: s.width - s.value*0.6}}
	cells := cellsWithPhases(a)
	for _, c := range cells {
		f.x.high = max(f.x.high, float64(phaseSum(c)))
		f.height += float64(len(c.Phases)+2) * stepHeight
	}
	if f.x.high == 0 {
		return nil
	}
	f.axisX(0, f.height, units.Duration)
	y := 0.0
	for _, c := range cells {
		f.text(0, y+14, "start", "heading", fmt.Sprintf("%s, %s, %s", requestOfCell(c), c.Model, c.Load))
		y += 1.3 * stepHeight
		at := 0.0
		for _, p := range c.Phases {
			from, to := f.x.at(at), f.x.at(at+float64(p.NS))
			at += float64(p.NS)
			f.text(s.steps-10, y+12, "end", "label", p.Name)
			f.rect(from, y+2, to-from, stepHeight-4, "phase c0", p.Name+": "+duration(p.NS))
			f.text(to+6, y+12, "start", "tick", duration(p.NS))
			y += stepHeight
		}
		y += 0.7 * stepHeight
	}
	return []*figure{f}
}

// rateFigures plots response times against the rate at which requests arrived, and marks the highest rate that met the
// objective.
func rateFigures(a *analysis.Analysis, s size) (found []*figure) {
	for _, g := range groupBy(a.CellsOf(record.Open), requestOfCell) {
		cells := slices.DeleteFunc(g.members, func(c analysis.Cell) bool { return c.Response.P50 == nil })
		if len(cells) < 2 {
			continue
		}
		knees := slices.DeleteFunc(slices.Clone(a.Knees), func(k analysis.Knee) bool {
			return k.MetRPS == nil || analysis.RequestName(k.Workload, k.Request) != g.name
		})
		f := &figure{size: s, ID: fmt.Sprintf("rates-%d", len(found)+1), Title: "Response time against the rate: " + g.name,
			Short: "At rates: " + g.name, Data: cellTable(a, inOpen, cells),
			About: "Medians (lines) and p99 (dots). A vertical line is the highest rate that met the objective. Both axes are " +
				"logarithmic.",
			x: s.acrossPlot(), y: logScale(plotHeight, plotTop)}
		for _, c := range cells {
			f.x.include(c.Load.RateRPS)
			f.y.include(float64(*c.Response.P50))
			if c.Response.P99 != nil {
				f.y.include(float64(*c.Response.P99))
			}
		}
		for _, k := range knees {
			f.x.include(*k.MetRPS)
		}
		f.x.widen()
		f.y.widen()
		f.axes(units.Rate, units.Duration)
		for i, m := range groupBy(cells, func(c analysis.Cell) string { return c.Model }) {
			f.Legend = append(f.Legend, m.name)
			slices.SortFunc(m.members, func(a, b analysis.Cell) int { return cmp.Compare(a.Load.RateRPS, b.Load.RateRPS) })
			var points [][2]float64
			for _, c := range m.members {
				points = append(points, [2]float64{c.Load.RateRPS, float64(*c.Response.P50)})
				if p99 := c.Response.P99; p99 != nil {
					f.mark(f.x.at(c.Load.RateRPS), f.y.at(float64(*p99)), i, fmt.Sprintf("%s, p99 at %s: %s", m.name,
						units.Rate(c.Load.RateRPS), percentileText(c.Response, "p99")))
				}
			}
			f.path(points, i)
			for _, k := range knees {
				if k.Model == m.name {
					f.line(f.x.at(*k.MetRPS), f.y.to, f.x.at(*k.MetRPS), f.y.from, fmt.Sprintf("knee c%d", i%colours))
				}
			}
		}
		found = append(found, f)
	}
	return found
}

// A group is a list of values that are drawn in one figure or line, with their common name.
type group[T any] struct {
	name    string
	members []T
}

// groupBy groups values with the same name. Groups and their members keep the order of all.
func groupBy[T any](all []T, name func(T) string) (groups []group[T]) {
	for _, v := range all {
		i := slices.IndexFunc(groups, func(g group[T]) bool { return g.name == name(v) })
		if i < 0 {
			i, groups = len(groups), append(groups, group[T]{name: name(v)})
		}
		groups[i].members = append(groups[i].members, v)
	}
	return groups
}

func requestOfCell(c analysis.Cell) string { return analysis.RequestName(c.Workload, c.Request) }

func requestAtLoad(c analysis.Cell) string { return fmt.Sprintf("%s, %s", requestOfCell(c), c.Load) }
