package report

import (
	"fmt"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// mostGroups is the maximum number of pairs of a request and a load that have figures: a search may have visited a
// hundred rates.
const mostGroups = 16

// distributionFigures returns two figures for each request at each load: the percentiles and the distributions of its
// cells.
func distributionFigures(a *analysis.Analysis, s size) (found []*figure) {
	cells := slices.DeleteFunc(a.OwnCells(), func(c analysis.Cell) bool {
		return c.Histogram == nil || len(c.Distribution.Counts) == 0
	})
	groups := groupBy(cells, requestAtLoad)
	for i, g := range groups[:min(len(groups), mostGroups)] {
		ranks, bins := percentileFigure(a, g, s), histogramFigure(a, g, s)
		ranks.ID, bins.ID = fmt.Sprintf("percentiles-%d", i+1), fmt.Sprintf("distribution-%d", i+1)
		for _, c := range g.members {
			ranks.Legend, bins.Legend = append(ranks.Legend, c.Model), append(bins.Legend, c.Model)
		}
		found = append(found, ranks, bins)
	}
	if len(found) > 0 {
		found[0].Short = "Distributions"
	}
	return found
}

// percentileFigure plots response time against percentile. Response times further to the right are rarer.
func percentileFigure(a *analysis.Analysis, g group[analysis.Cell], s size) *figure {
	f := &figure{size: s, Title: "Percentiles: " + g.name, Data: cellTable(a, inRanks, g.members),
		About: "Response time by percentile, up to the last ten requests. Both axes are logarithmic.",
		x:     s.acrossPlot(), y: logScale(plotHeight, plotTop)}
	f.x.low, f.x.high = 1, 10 // 1/(1−p)
	for _, c := range g.members {
		f.y.include(float64(max(analysis.ValueAt(c.Histogram, 0), 1)))
		f.y.include(float64(analysis.ValueAt(c.Histogram, 1)))
		f.x.high = max(f.x.high, float64(c.Histogram.TotalCount())/10)
	}
	f.x.high = ceilNice(f.x.high)
	f.y.widen()
	f.axes(func(v float64) string { return percentileName(1 - 1/v) }, units.Duration)
	for i, c := range g.members {
		var points [][2]float64
		for v := 1.0; v <= max(float64(c.Histogram.TotalCount())/10, 2); v *= 1.12 {
			points = append(points, [2]float64{v, float64(max(analysis.ValueAt(c.Histogram, 1-1/v), 1))})
		}
		f.path(points, i)
		last := points[len(points)-1]
		f.mark(f.x.at(last[0]), f.y.at(last[1]), i, c.Model)
	}
	return f
}

func percentileName(p float64) string {
	if p <= 0 {
		return "min"
	}
	return fmt.Sprintf("p%.6g", 100*p)
}

// histogramFigure plots the share of requests in each bin of response times.
func histogramFigure(a *analysis.Analysis, g group[analysis.Cell], s size) *figure {
	f := &figure{size: s, Title: "Distribution: " + g.name, Data: cellTable(a, inBins, nil),
		About: fmt.Sprintf("Share of requests in each bin, up to p99.9. There are %d bins per factor of ten.",
			analysis.BinsPerDecade),
		x: s.acrossPlot(), y: scale{from: plotHeight, to: plotTop}}
	first, last := len(analysis.BinEdges), 0
	shares := make([]map[int]float64, len(g.members))
	for i, c := range g.members {
		f.Data.Heads = append(f.Data.Heads, head{Name: c.Model, Place: placeOf(a)(c) + ".distribution", Number: true})
		var from, to int
		shares[i], from, to = sharesOf(c.Distribution, 0.999)
		first, last = min(first, from), max(last, to)
	}
	f.x.low, f.x.high = float64(analysis.BinEdges[first]), float64(analysis.BinEdges[last+1])
	steps := make([][]float64, len(g.members)) // shares, in the order of the bins
	for bin := first; bin <= last; bin++ {
		row, any := []value{{Text: duration(analysis.BinEdges[bin])}}, false
		for i := range g.members {
			share := shares[i][bin]
			steps[i] = append(steps[i], share)
			f.y.include(share)
			row = append(row, value{Text: units.Percent(share)})
			any = any || share > 0
		}
		if any {
			f.Data.Rows = append(f.Data.Rows, row)
		}
	}
	f.y.widen()
	f.axes(units.Duration, units.Percent)
	for i := range g.members {
		f.stairs(steps[i], i)
	}
	return f
}

// sharesOf returns the share of responses in each bin, by the number of the bin. It also returns the first bin, and the
// bin at which the cumulative share reaches upTo.
func sharesOf(d analysis.Distribution, upTo float64) (shares map[int]float64, first, last int) {
	all := 0.0
	for _, n := range d.Counts {
		all += float64(n)
	}
	shares, first = map[int]float64{}, analysis.BinOf(d.FromNS[0])
	sum := 0.0
	for i, n := range d.Counts {
		bin := analysis.BinOf(d.FromNS[i])
		shares[bin] = float64(n) / all
		if sum < upTo {
			last = bin
		}
		sum += shares[bin]
	}
	return shares, first, last
}
