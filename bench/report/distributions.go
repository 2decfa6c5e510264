package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// sharesOf are those of all answers that are in each bin, by its number.
func sharesOf(d analysis.Distribution) map[int]float64 {
	all := int64(0)
	for _, n := range d.Answers {
		all += n
	}
	shares := map[int]float64{}
	for i, n := range d.Answers {
		shares[analysis.BinOf(d.FromNS[i])] = float64(n) / float64(all)
	}
	return shares
}

// within is the first bin, and the one up to which there is that share of all answers.
func within(shares map[int]float64, share float64) (first, last int) {
	bins := slices.Sorted(maps.Keys(shares))
	sum := 0.0
	for _, bin := range bins {
		if sum += shares[bin]; sum >= share {
			return bins[0], bin
		}
	}
	return bins[0], bins[len(bins)-1]
}

// A group is the cells of one request at one load, which are drawn together.
type group struct {
	name  string
	cells []analysis.Cell
}

// groupsOf of the cells that have a histogram.
func groupsOf(a *analysis.Analysis, kind string) []group {
	var found []group
	for _, c := range a.CellsOf(kind) {
		if c.Histogram == nil || len(c.Distribution.Answers) == 0 {
			continue
		}
		name := fmt.Sprintf("%s, %s", analysis.RequestName(c.Workload, c.Request), c.Load)
		if i := slices.IndexFunc(found, func(g group) bool { return g.name == name }); i >= 0 {
			found[i].cells = append(found[i].cells, c)
		} else {
			found = append(found, group{name, []analysis.Cell{c}})
		}
	}
	return found
}

// percentileFigure shows which share of requests took longer than how long: the further to the right, the rarer.
func percentileFigure(a *analysis.Analysis, g group, id string) *Figure {
	f := &Figure{ID: id, Title: "Percentiles: " + g.name, Short: map[string]string{"percentiles-1": "Distributions"}[id],
		About: "The response time that a share of requests stayed below, up to the last ten requests. Both axes are logarithmic.",
		Data:  grid{Columns: []column{{Name: "percentile", Definition: "percentile"}}}}
	y := scale{low: math.Inf(1), high: 0, from: plotHeight, to: 10, log: true}
	rarest := 10.0
	for _, c := range g.cells {
		f.Legend = append(f.Legend, c.Model)
		f.Data.Columns = append(f.Data.Columns, column{Name: c.Model, Place: placeOf(a, c) + ".response_ns"})
		h := c.Histogram
		y.low, y.high = min(y.low, float64(max(h.ValueAtQuantile(1), 1))), max(y.high, float64(h.ValueAtQuantile(100)))
		rarest = max(rarest, float64(h.TotalCount())/10)
	}
	y = y.wide()
	x := scale{low: 1, high: ceilNice(rarest), from: plotLeft, to: plotRight, log: true} // 1/(1−p)
	s := newSVG(figureWidth, plotHeight+axisHeight)
	drawAxes(s, x, y, func(v float64) string { return percentileName(1 - 1/v) }, units.Duration)
	for i, c := range g.cells {
		var points [][2]float64
		for v := 1.0; v <= max(float64(c.Histogram.TotalCount())/10, 2); v *= 1.12 {
			points = append(points, [2]float64{x.at(v), y.at(float64(max(c.Histogram.ValueAtQuantile(100*(1-1/v)), 1)))})
		}
		s.path(points, fmt.Sprintf("curve c%d d%d", i%colours, i%4))
		last := points[len(points)-1]
		s.mark(last[0], last[1], i, c.Model)
	}
	for _, name := range []string{"p50", "p90", "p99", "p999", "max"} {
		row := []number{{Text: strings.Replace(name, "p999", "p99.9", 1)}}
		for _, c := range g.cells {
			row = append(row, cellNumber(a, c, percentileText(c.Response, name), "response_ns."+name))
		}
		f.Data.Rows = append(f.Data.Rows, row)
	}
	f.Drawing = s.end(f.Title)
	return f
}

func percentileName(p float64) string {
	if p <= 0 {
		return "min"
	}
	return fmt.Sprintf("p%.6g", 100*p)
}

// histogramFigure shows how often a request took how long.
func histogramFigure(a *analysis.Analysis, g group, id string) *Figure {
	f := &Figure{ID: id, Title: "Distribution: " + g.name,
		About: fmt.Sprintf("The share of requests in each bin, of which there are %d for a factor of ten, up to all but one request in a thousand.",
			analysis.BinsPerDecade),
		Data: grid{Columns: []column{{Name: "response time from", Definition: "distribution"}}}}
	first, last := len(analysis.BinEdges), 0
	shares := make([]map[int]float64, len(g.cells))
	for i, c := range g.cells {
		shares[i] = sharesOf(c.Distribution)
		low, high := within(shares[i], 0.999)
		first, last = min(first, low), max(last, high)
		f.Legend = append(f.Legend, c.Model)
		f.Data.Columns = append(f.Data.Columns, column{Name: c.Model, Place: placeOf(a, c) + ".distribution"})
	}
	x := scale{low: float64(analysis.BinEdges[first]), high: float64(analysis.BinEdges[last+1]), from: plotLeft, to: plotRight, log: true}
	y := scale{low: 0, from: plotHeight, to: 10}
	heights := make([][]float64, len(g.cells)) // shares, in the order of the bins
	for bin := first; bin <= last; bin++ {
		row, any := []number{{Text: units.Duration(float64(analysis.BinEdges[bin]))}}, false
		for i := range g.cells {
			share := shares[i][bin]
			heights[i] = append(heights[i], share)
			y.high = max(y.high, share)
			row = append(row, number{Text: units.Percent(share)})
			any = any || share > 0
		}
		if any {
			f.Data.Rows = append(f.Data.Rows, row)
		}
	}
	y = y.wide()
	s := newSVG(figureWidth, plotHeight+axisHeight)
	drawAxes(s, x, y, units.Duration, units.Percent)
	for i := range g.cells {
		for j, share := range heights[i] {
			heights[i][j] = y.at(share)
		}
		s.stairs(x.from, x.to, y.from, heights[i], fmt.Sprintf("curve c%d d%d", i%colours, i%4))
	}
	f.Drawing = s.end(f.Title)
	return f
}
