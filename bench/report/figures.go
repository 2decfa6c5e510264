package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// A Figure is a drawing, what it shows, and its data for whoever reads them instead.
type Figure struct {
	ID, Title, About string
	Short            string // of the title, for the table of contents; "" if it is not to be there
	Drawing          template.HTML
	Legend           []string // of the series, in their order
	Data             grid
}

const (
	figureWidth = 880
	labelWidth  = 330 // of rows
	mostLabel   = 52  // characters
	rowHeight   = 24
	axisHeight  = 34
)

// A dot is one row of a plot of dots with intervals.
type dot struct {
	label, value string
	at           float64
	low, high    *float64
}

// dots draws one row for each, on a logarithmic axis of ratios, or on one of differences; none is where nothing changes.
func dots(all []dot, log bool, none float64, print func(float64) string, title string) template.HTML {
	s := newSVG(figureWidth, float64(len(all))*rowHeight+axisHeight)
	x := scale{low: none, high: none, from: labelWidth, to: figureWidth - 150, log: log}
	for _, d := range all {
		for _, v := range []*float64{&d.at, d.low, d.high} {
			if v != nil && (!log || *v > 0) {
				x.low, x.high = min(x.low, *v), max(x.high, *v)
			}
		}
	}
	x = x.wide()
	bottom := float64(len(all)) * rowHeight
	for _, v := range x.ticks() {
		s.line(x.at(v), 0, x.at(v), bottom, "grid")
		s.text(x.at(v), bottom+16, "middle", "tick", print(v))
	}
	s.line(x.at(none), 0, x.at(none), bottom, "none")
	for i, d := range all {
		y := (float64(i) + 0.5) * rowHeight
		s.text(labelWidth-10, y+4, "end", "label", d.label)
		if d.low != nil && d.high != nil {
			s.line(x.at(*d.low), y, x.at(*d.high), y, "interval")
			s.line(x.at(*d.low), y-4, x.at(*d.low), y+4, "interval")
			s.line(x.at(*d.high), y-4, x.at(*d.high), y+4, "interval")
		}
		s.mark(x.at(d.at), y, 0, d.label+": "+d.value)
		s.text(figureWidth-142, y+4, "start", "value", d.value)
	}
	return s.end(title)
}

// taxFigure shows the ratios of the median response times to the baseline's, or of a suite the throughput's.
func taxFigure(a *analysis.Analysis) *Figure {
	metric, what := analysis.MetricResponse, "median response time"
	if a.Run.Suite != nil {
		metric, what = analysis.MetricThroughput, "throughput"
	}
	f := &Figure{ID: "tax", Title: fmt.Sprintf("The %s over that of %s", what, a.Run.Baseline), Short: "Ratios",
		About: "Dots are estimates, bars their 95 % intervals, on a logarithmic axis. The dashed line is no difference.",
		Data: grid{Columns: []column{{Name: "what"}, {Name: "ratio", Definition: "tax"}, {Name: "from", Definition: "tax"}, {Name: "to", Definition: "tax"},
			{Name: "difference", Definition: "tax"}, {Name: "pairs", Definition: "tax"}, {Name: "starts", Definition: "tax"}}}}
	var all []dot
	for i, c := range a.Comparisons {
		if c.Metric != metric || c.Baseline != a.Run.Baseline || isControl(a, c.Candidate) {
			continue
		}
		print := units.Duration
		if c.Unit != "ns" {
			print = units.Rate
		}
		label := fmt.Sprintf("%s, %s, %s", analysis.RequestName(c.Workload, c.Request), c.Candidate, c.Load)
		all = append(all, dot{label: shorten(label, mostLabel), value: units.Number(c.Ratio) + "×" + intervalMark(c), at: c.Ratio, low: c.RatioLow, high: c.RatioHigh})
		at := numbersAt(fmt.Sprintf(".comparisons.%d", i))
		f.Data.Rows = append(f.Data.Rows, []number{{Text: label}, at(units.Number(c.Ratio), "ratio"), at(units.Optional(c.RatioLow, units.Number), "ratio_low"),
			at(units.Optional(c.RatioHigh, units.Number), "ratio_high"), at(print(c.Difference), "difference"), at(fmt.Sprint(c.Blocks), "blocks"),
			at(fmt.Sprint(c.Restarts), "restarts")})
	}
	if len(all) == 0 {
		return nil
	}
	f.Drawing = dots(all, true, 1, func(v float64) string { return units.Number(v) + "×" }, f.Title)
	return f
}

func isControl(a *analysis.Analysis, model string) bool {
	return a.Run.Control != "" && model == a.Run.Control
}

func shorten(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// ladderFigure shows what it adds to renew each thing.
func ladderFigure(a *analysis.Analysis) *Figure {
	f := &Figure{ID: "ladder", Title: "What it adds to renew a thing for each request, to the median response time", Short: "Ladder",
		About: "Each model against the one that keeps one thing more, as the client saw it, with 95 % intervals.",
		Data: grid{Columns: []column{{Name: "request"}, {Name: "renews"}, {Name: "adds", Definition: "adds"}, {Name: "from", Definition: "adds"},
			{Name: "to", Definition: "adds"}, {Name: "by the servers' phases", Definition: "adds"}, {Name: "CPU", Definition: "adds"}}}}
	var all []dot
	for i, l := range a.Ladders {
		for j, s := range l.Steps {
			if s.Response.Value == nil {
				continue
			}
			label := fmt.Sprintf("%s, + %s", analysis.RequestName(l.Workload, l.Request), s.Renews)
			all = append(all, dot{label: shorten(label, mostLabel), value: units.Duration(*s.Response.Value), at: *s.Response.Value, low: s.Response.Low, high: s.Response.High})
			at := numbersAt(fmt.Sprintf(".ladders.%d.steps.%d", i, j))
			f.Data.Rows = append(f.Data.Rows, []number{{Text: fmt.Sprintf("%s, %s", analysis.RequestName(l.Workload, l.Request), l.Load)}, {Text: s.Renews},
				at(units.Duration(*s.Response.Value), "response_ns.value"), at(units.Optional(s.Response.Low, units.Duration), "response_ns.low"),
				at(units.Optional(s.Response.High, units.Duration), "response_ns.high"), at(units.Optional(s.Phases.Value, units.Duration), "phases_ns.value"),
				at(units.Optional(s.CPU.Value, units.Duration), "cpu_ns.value")})
		}
	}
	if len(all) == 0 {
		return nil
	}
	f.Drawing = dots(all, false, 0, units.Duration, f.Title)
	return f
}

// stepHeight is that of one phase in a waterfall.
const stepHeight = 17

// waterfallFigure shows the phases of a request one below the other, each beginning where the one before it ended, for each
// cell of a process for each request.
func waterfallFigure(a *analysis.Analysis) *Figure {
	cells := cellsWithPhases(a)
	f := &Figure{ID: "phases", Title: "Where the time of a request goes", Short: "Phases",
		About: "Medians of the phases, each of which begins where the one before it ends. What is outside of them is the network, HTTP, and the client.",
		Data:  grid{Columns: []column{{Name: "request"}, {Name: "phase"}, {Name: "median", Definition: "phase"}}}}
	var longest int64
	rows := 0
	for _, c := range cells {
		var total int64
		for _, p := range c.Phases {
			total += p.NS
		}
		longest = max(longest, total)
		rows += len(c.Phases) + 2
	}
	if longest == 0 {
		return nil
	}
	s := newSVG(figureWidth, float64(rows)*stepHeight+axisHeight)
	x := scale{low: 0, high: float64(longest), from: 110, to: figureWidth - 90}
	bottom := float64(rows) * stepHeight
	for _, v := range x.ticks() {
		s.line(x.at(v), 0, x.at(v), bottom, "grid")
		s.text(x.at(v), bottom+16, "middle", "tick", units.Duration(v))
	}
	y := 0.0
	for _, c := range cells {
		label := fmt.Sprintf("%s, %s, %s", analysis.RequestName(c.Workload, c.Request), c.Model, c.Load)
		s.text(0, y+14, "start", "heading", label)
		y += 1.3 * stepHeight
		at := 0.0
		for i, p := range c.Phases {
			from, to := x.at(at), x.at(at+float64(p.NS))
			at += float64(p.NS)
			value := units.Duration(float64(p.NS))
			s.text(100, y+12, "end", "label", p.Name)
			s.rect(from, y+2, to-from, stepHeight-4, "phase c0", p.Name+": "+value)
			s.text(to+6, y+12, "start", "tick", value)
			f.Data.Rows = append(f.Data.Rows, []number{{Text: label}, {Text: p.Name}, cellNumber(a, c, value, fmt.Sprintf("phases.%d.ns", i))})
			y += stepHeight
		}
		y += 0.7 * stepHeight
	}
	f.Drawing = s.end(f.Title)
	return f
}

// Heights of plots, and of what is left of them for their axes.
const (
	plotHeight = 240
	plotLeft   = 70
	plotRight  = figureWidth - 40 // half of a tick's text
)

func drawAxes(s *svg, x, y scale, printX, printY func(float64) string) {
	for _, v := range x.ticks() {
		s.line(x.at(v), y.to, x.at(v), y.from, "grid")
		s.text(x.at(v), y.from+16, "middle", "tick", printX(v))
	}
	for _, v := range y.ticks() {
		s.line(x.from, y.at(v), x.to, y.at(v), "grid")
		s.text(x.from-6, y.at(v)+4, "end", "tick", printY(v))
	}
}

// rateFigures show response times against the rate at which requests came, and up to where the objective was met.
func rateFigures(a *analysis.Analysis) []Figure {
	var found []Figure
	for _, g := range requestGroups(a) {
		if len(g.cells) < 2 {
			continue
		}
		f := Figure{ID: fmt.Sprintf("rates-%d", len(found)+1), Title: "Response time against the rate: " + g.name, Short: "At rates: " + g.name,
			About: "Medians (lines) and p99 (dots). A vertical line is the highest rate that met the objective. Both axes are logarithmic.",
			Data: grid{Columns: []column{{Name: "model", Definition: "model"}, {Name: "planned", Definition: "load"}, {Name: "reached", Definition: "throughput"},
				{Name: "p50", Definition: "percentile"}, {Name: "p99", Definition: "percentile"}}}}
		x := scale{low: math.Inf(1), high: 0, from: plotLeft, to: plotRight, log: true}
		y := scale{low: math.Inf(1), high: 0, from: plotHeight, to: 10, log: true}
		models := map[string][]analysis.Cell{}
		for _, c := range g.cells {
			if c.Response.P50 == nil {
				continue
			}
			if !slices.Contains(f.Legend, c.Model) {
				f.Legend = append(f.Legend, c.Model)
			}
			models[c.Model] = append(models[c.Model], c)
			x.low, x.high = min(x.low, c.Load.RateRPS), max(x.high, c.Load.RateRPS)
			y.low, y.high = min(y.low, float64(*c.Response.P50)), max(y.high, float64(*c.Response.P50))
			if c.Response.P99 != nil {
				y.high = max(y.high, float64(*c.Response.P99))
			}
			f.Data.Rows = append(f.Data.Rows, []number{{Text: c.Model}, cellNumber(a, c, units.Rate(c.Load.RateRPS), "load.rate_rps"),
				cellNumber(a, c, units.Optional(c.ThroughputRPS, units.Rate), "throughput_rps"), cellNumber(a, c, percentileText(c.Response, "p50"), "response_ns.p50"),
				cellNumber(a, c, percentileText(c.Response, "p99"), "response_ns.p99")})
		}
		if len(f.Data.Rows) < 2 {
			continue
		}
		for _, k := range a.Knees {
			if k.MetRPS != nil && analysis.RequestName(k.Workload, k.Request) == g.name {
				x.high = max(x.high, *k.MetRPS)
			}
		}
		x, y = x.wide(), y.wide()
		s := newSVG(figureWidth, plotHeight+axisHeight)
		drawAxes(s, x, y, units.Rate, units.Duration)
		for i, model := range f.Legend {
			cells := models[model]
			slices.SortFunc(cells, func(a, b analysis.Cell) int { return cmp.Compare(a.Load.RateRPS, b.Load.RateRPS) })
			var points [][2]float64
			for _, c := range cells {
				points = append(points, [2]float64{x.at(c.Load.RateRPS), y.at(float64(*c.Response.P50))})
				if c.Response.P99 != nil {
					s.mark(x.at(c.Load.RateRPS), y.at(float64(*c.Response.P99)), i, fmt.Sprintf("%s, p99 at %s: %s", model, units.Rate(c.Load.RateRPS), percentileText(c.Response, "p99")))
				}
			}
			s.path(points, fmt.Sprintf("curve c%d d%d", i%colours, i%4))
			for _, k := range a.Knees {
				if k.MetRPS != nil && k.Model == model && analysis.RequestName(k.Workload, k.Request) == g.name {
					s.line(x.at(*k.MetRPS), y.to, x.at(*k.MetRPS), y.from, fmt.Sprintf("knee c%d", i%colours))
				}
			}
		}
		f.Drawing = s.end(f.Title)
		found = append(found, f)
	}
	return found
}

// requestGroups groups the cells of open loops by what was asked.
func requestGroups(a *analysis.Analysis) []group {
	var found []group
	for _, c := range a.CellsOf(record.Open) {
		name := analysis.RequestName(c.Workload, c.Request)
		if i := slices.IndexFunc(found, func(g group) bool { return g.name == name }); i >= 0 {
			found[i].cells = append(found[i].cells, c)
		} else {
			found = append(found, group{name, []analysis.Cell{c}})
		}
	}
	return found
}
