package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A group is the cells of one request at one load, which are drawn together.
type group struct {
	name  string
	cells []Cell
}

// groups of the cells that have a histogram.
func (a *Analysis) groups(kind string) []group {
	var found []group
	for _, c := range a.own(kind) {
		if c.Histogram == nil || c.Histogram.TotalCount() == 0 {
			continue
		}
		name := fmt.Sprintf("%s, %s", subject(c.Workload, c.Request), c.Load)
		if i := slices.IndexFunc(found, func(g group) bool { return g.name == name }); i >= 0 {
			found[i].cells = append(found[i].cells, c)
		} else {
			found = append(found, group{name, []Cell{c}})
		}
	}
	return found
}

// percentileFigure shows which share of requests took longer than how long: the further to the right, the rarer.
func percentileFigure(g group, id string) *Figure {
	f := &Figure{ID: id, Title: "Percentiles: " + g.name, Short: map[string]string{"percentiles-1": "Distributions"}[id],
		About:  "The response time that a share of requests stayed below, up to the last ten requests. Both axes are logarithmic.",
		Header: []string{"percentile"}}
	y := scale{low: math.Inf(1), high: 0, from: plotHeight, to: 10, log: true}
	rarest := 10.0
	for _, c := range g.cells {
		f.Legend = append(f.Legend, c.Model)
		f.Header = append(f.Header, c.Model)
		h := c.Histogram
		y.low, y.high = min(y.low, float64(max(h.ValueAtQuantile(1), 1))), max(y.high, float64(h.ValueAtQuantile(100)))
		rarest = max(rarest, float64(h.TotalCount())/10)
	}
	y = y.wide()
	x := scale{low: 1, high: ceilNice(rarest), from: plotLeft, to: plotRight, log: true} // 1/(1−p)
	s := newSVG(figureWidth, plotHeight+axisHeight)
	drawAxes(s, x, y, func(v float64) string { return percentileName(1 - 1/v) }, duration)
	for i, c := range g.cells {
		var points [][2]float64
		for v := 1.0; v <= max(float64(c.Histogram.TotalCount())/10, 2); v *= 1.12 {
			points = append(points, [2]float64{x.at(v), y.at(float64(max(c.Histogram.ValueAtQuantile(100*(1-1/v)), 1)))})
		}
		s.path(points, fmt.Sprintf("curve c%d d%d", i%colours, i%4))
		last := points[len(points)-1]
		s.mark(last[0], last[1], i, c.Model)
	}
	for _, p := range []float64{0.5, 0.9, 0.99, 0.999, 0.9999} {
		row := []string{percentileName(p)}
		for _, c := range g.cells {
			value := absent
			if float64(c.Histogram.TotalCount())*(1-p) >= 10 {
				value = duration(float64(c.Histogram.ValueAtQuantile(100 * p)))
			}
			row = append(row, value)
		}
		f.Rows = append(f.Rows, row)
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

// bins is into how many a histogram is divided, each as wide as the others on a logarithmic axis.
const bins = 50

// histogramFigure shows how often a request took how long.
func histogramFigure(g group, id string) *Figure {
	f := &Figure{ID: id, Title: "Distribution: " + g.name,
		About:  "The share of requests in each of 50 bins, which are as wide as each other on the logarithmic axis.",
		Header: []string{"response time from"}}
	x := scale{low: math.Inf(1), high: 0, from: plotLeft, to: plotRight, log: true}
	for _, c := range g.cells {
		x.low, x.high = min(x.low, float64(max(c.Histogram.Min(), 1))), max(x.high, float64(c.Histogram.ValueAtQuantile(99.9)))
	}
	x = x.wide()
	y := scale{low: 0, from: plotHeight, to: 10}
	shares := make([][]float64, len(g.cells))
	for i, c := range g.cells {
		f.Legend = append(f.Legend, c.Model)
		f.Header = append(f.Header, c.Model)
		shares[i] = binned(c.Histogram, x)
		y.high = max(y.high, slices.Max(shares[i]))
	}
	y = y.wide()
	s := newSVG(figureWidth, plotHeight+axisHeight)
	drawAxes(s, x, y, duration, percent)
	edge := func(bin int) float64 { return x.low * math.Pow(x.high/x.low, float64(bin)/bins) }
	for i := range g.cells {
		var heights []float64
		for _, share := range shares[i] {
			heights = append(heights, y.at(share))
		}
		s.stairs(x.from, x.to, y.from, heights, fmt.Sprintf("curve c%d d%d", i%colours, i%4))
	}
	for b := range bins {
		row, any := []string{duration(edge(b))}, false
		for i := range g.cells {
			row = append(row, percent(shares[i][b]))
			any = any || shares[i][b] > 0
		}
		if any {
			f.Rows = append(f.Rows, row)
		}
	}
	f.Drawing = s.end(f.Title)
	return f
}

func binned(h *hdrhistogram.Histogram, x scale) []float64 {
	shares := make([]float64, bins)
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		b := int(bins * math.Log(max(float64(bar.From), x.low)/x.low) / math.Log(x.high/x.low))
		if b < bins {
			shares[b] += float64(bar.Count) / float64(h.TotalCount())
		}
	}
	return shares
}
