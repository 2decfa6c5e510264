package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"unicode/utf8"
)

// A figure is a drawing with a description, and a table of its data for readers who cannot see it. The drawing is a
// self-contained SVG: its colours are variables of the page, so it follows the page's dark or light scheme.
type figure struct {
	ID, Title, About string
	Short            string   // short title for the table of contents; "": not listed
	Legend           []string // names of the series, in order
	Data             grid
	Narrow           template.HTML // the drawing for a narrow page; "": not needed
	size             size
	svg              strings.Builder
	height           float64
	x, y             scale
}

// A size is the width for which figures are drawn, and its space that is not used for values, in SVG units.
type size struct {
	width       float64
	label       float64 // width of row labels; 0: labels are above their rows
	value       float64 // width of the values printed in rows
	steps       float64 // width of phase names
	left, right float64 // margins of plots
	row         float64 // height of a row
	longest     int     // maximum length of a label, in characters
	class       string
}

// Each figure is drawn at two sizes, and the page shows the one that fits: text in a scaled-down drawing is too small.
var (
	wideSize = size{width: 880, label: 330, value: 150, steps: 110, left: 70, right: 40, row: 24, longest: 52,
		class: "at-wide"}
	narrowSize = size{width: 343, value: 75, steps: 66, left: 52, right: 16, row: 44, longest: 46, class: "at-narrow"}
)

const axisHeight = 34

// Drawing returns the SVG, with its title as the label.
func (f *figure) Drawing() template.HTML {
	return template.HTML(fmt.Sprintf(
		`<svg viewBox="0 0 %.0f %.0f" width="%.0[1]f" height="%.0[2]f" role="img" aria-label="%[3]s" class="%[4]s">%[5]s</svg>`,
		f.size.width, f.height+axisHeight, html.EscapeString(f.Title), f.size.class, f.svg.String()))
}

func (f *figure) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(&f.svg, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`, x1, y1, x2, y2, class)
}

func (f *figure) rect(x, y, width, height float64, class, hint string) {
	fmt.Fprintf(&f.svg, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="%s"><title>%s</title></rect>`, x, y,
		max(width, 1), height, class, html.EscapeString(hint))
}

// text draws text that is anchored at its "start", "middle" or "end".
func (f *figure) text(x, y float64, anchor, class, text string) {
	fmt.Fprintf(&f.svg, `<text x="%.1f" y="%.1f" text-anchor="%s" class="%s">%s</text>`, x, y, anchor, class,
		html.EscapeString(text))
}

// axisX draws vertical grid lines from top to bottom, and the labels of the axis below them.
func (f *figure) axisX(top, bottom float64, print func(float64) string) {
	end := math.Inf(-1) // right end of the last label
	for _, v := range f.x.ticks() {
		x, text := f.x.at(v), print(v)
		f.line(x, top, x, bottom, "grid")
		if half := tickWidth * float64(utf8.RuneCountInString(text)) / 2; x-half > end+tickWidth {
			f.text(x, bottom+16, "middle", "tick", text)
			end = x + half
		}
	}
}

// tickWidth is the assumed width of a character in a tick's label, in SVG units.
const tickWidth = 6

// Bottom and top of plots, in SVG units from the top of the figure.
const (
	plotHeight = 240
	plotTop    = 10
)

// acrossPlot returns a logarithmic scale from the left to the right of a plot.
func (s size) acrossPlot() scale { return logScale(s.left, s.width-s.right) }

// axes draws both axes of a plot.
func (f *figure) axes(printX, printY func(float64) string) {
	f.height = plotHeight
	f.axisX(f.y.to, f.y.from, printX)
	for _, v := range f.y.ticks() {
		f.line(f.x.from, f.y.at(v), f.x.to, f.y.at(v), "grid")
		f.text(f.x.from-6, f.y.at(v)+4, "end", "tick", printY(v))
	}
}

// colours is the number of colours of series; see page.css.
const colours = 6

// curve returns the CSS classes of the line of the series with this index.
func curve(index int) string { return fmt.Sprintf("curve c%d d%d", index%colours, index%4) }

// path draws a series as a line through points.
func (f *figure) path(points [][2]float64, index int) {
	fmt.Fprintf(&f.svg, `<path class="%s" d="`, curve(index))
	for i, p := range points {
		fmt.Fprintf(&f.svg, "%c%.1f %.1f", "ML"[min(i, 1)], f.x.at(p[0]), f.y.at(p[1]))
	}
	f.svg.WriteString(`"/>`)
}

// stairs draws a series as steps of equal width, one for each value.
func (f *figure) stairs(values []float64, index int) {
	width := (f.x.to - f.x.from) / float64(len(values))
	fmt.Fprintf(&f.svg, `<path class="%s" d="M%.0f %.0f`, curve(index), f.x.from, f.y.from)
	at := f.y.from
	for i, v := range values {
		if y := f.y.at(v); y != at {
			fmt.Fprintf(&f.svg, "H%.0fV%.0f", f.x.from+float64(i)*width, y)
			at = y
		}
	}
	fmt.Fprintf(&f.svg, `H%.0f"/>`, f.x.to)
}

// shapes are the SVG paths of markers, relative to the marked point.
var shapes = [4]string{
	"m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z", // a circle
	"m-4.5 -4.5h9v9h-9z",
	"m0 -4.5l4.5 9h-9z",
	"m0 -4.5l4.5 4.5l-4.5 4.5l-4.5 -4.5z",
}

// mark draws the marker of the series with this index. Shapes and dashes distinguish series without colours.
func (f *figure) mark(x, y float64, index int, hint string) { f.shapedMark(x, y, index, index, hint) }

// shapedMark draws a marker with a shape of its own.
func (f *figure) shapedMark(x, y float64, index, shape int, hint string) {
	fmt.Fprintf(&f.svg, `<path d="M%.1f %.1f%s" class="mark c%d"><title>%s</title></path>`, x, y,
		shapes[shape%len(shapes)], index%colours, html.EscapeString(hint))
}

// A scale maps values to positions on an axis.
type scale struct {
	low, high float64 // range of values
	from, to  float64 // positions of low and high
	log       bool
}

// logScale returns a logarithmic scale that includes no value yet.
func logScale(from, to float64) scale { return scale{low: math.Inf(1), from: from, to: to, log: true} }

// include widens the scale to include a value.
func (s *scale) include(v float64) { s.low, s.high = min(s.low, v), max(s.high, v) }

// at returns the position of a value.
func (s scale) at(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		low, high, v = math.Log(low), math.Log(high), math.Log(max(v, s.low/1e3))
	}
	if high == low {
		return s.from
	}
	return s.from + (v-low)/(high-low)*(s.to-s.from)
}

// widen widens the scale to whole ticks.
func (s *scale) widen() {
	if s.log {
		s.low, s.high = 1/ceilNice(1/s.low), ceilNice(s.high) // 1, 2, 5 and 10 divide 10, so reciprocals are round, too
		if s.low == s.high {
			s.high = ceilNice(s.high * 1.01)
		}
		return
	}
	step := s.step()
	s.low, s.high = math.Floor(s.low/step)*step, math.Ceil(s.high/step)*step
}

// nice are the leading digits of ticks on a logarithmic axis.
var nice = []float64{1, 2, 5, 10}

func ceilNice(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range nice {
		if n*power >= v*(1-1e-9) {
			return n * power
		}
	}
	return 10 * power
}

// step returns the distance between ticks of a linear axis.
func (s scale) step() float64 {
	if s.high <= s.low {
		return 1
	}
	return ceilNice((s.high - s.low) / 5)
}

// maxTicks limits the number of ticks, and is more than an axis needs. Rounding may lose a step that is added to a
// large number, and the loop over ticks would not end.
const maxTicks = 100

// ticks returns round values on the axis. A long logarithmic axis has only powers of ten.
func (s scale) ticks() (found []float64) {
	if math.IsInf(s.high-s.low, 0) || math.IsNaN(s.high-s.low) || s.log && s.low <= 0 {
		return nil // as in a damaged result
	}
	if !s.log {
		step := s.step()
		for v := math.Ceil(s.low/step) * step; v <= s.high+step/1e6 && len(found) < maxTicks; v += step {
			found = append(found, v)
		}
		return found
	}
	digits := nice[:3]
	if math.Log10(s.high/s.low) > 3 {
		digits = nice[:1]
	}
	for power := math.Pow(10, math.Floor(math.Log10(s.low))); power <= s.high; power *= 10 {
		for _, d := range digits {
			if v := d * power; v >= s.low*(1-1e-9) && v <= s.high*(1+1e-9) {
				found = append(found, v)
			}
		}
	}
	return found
}
