package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// A figure of the report is SVG that needs nothing else: its colours are variables of the page, so that it is as dark or
// as light as that, and whoever cannot see it has its data in a table below.

// A svg is a drawing that grows.
type svg struct {
	strings.Builder
	width, height float64
}

func newSVG(width, height float64) *svg { return &svg{width: width, height: height} }

// end is the whole drawing, with what it shows in words.
func (s *svg) end(title string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">%s</svg>`,
		s.width, s.height, s.width, s.height, html.EscapeString(title), s.String()))
}

func (s *svg) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`, x1, y1, x2, y2, class)
}

func (s *svg) rect(x, y, width, height float64, class, hint string) {
	fmt.Fprintf(s, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="%s"><title>%s</title></rect>`, x, y,
		max(width, 1), height, class, html.EscapeString(hint))
}

// text is anchored at its "start", "middle" or "end".
func (s *svg) text(x, y float64, anchor, class, text string) {
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" text-anchor="%s" class="%s">%s</text>`, x, y, anchor, class, html.EscapeString(text))
}

// path joins points.
func (s *svg) path(points [][2]float64, class string) {
	if len(points) == 0 {
		return
	}
	fmt.Fprintf(s, `<path class="%s" d="`, class)
	for i, p := range points {
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(s, "%s%.1f %.1f", command, p[0], p[1])
	}
	s.WriteString(`"/>`)
}

// stairs draws a step for each height, all as wide as each other.
func (s *svg) stairs(from, to, bottom float64, heights []float64, class string) {
	width := (to - from) / float64(len(heights))
	fmt.Fprintf(s, `<path class="%s" d="M%.0f %.0f`, class, from, bottom)
	at := bottom
	for i, y := range heights {
		if y != at {
			fmt.Fprintf(s, "H%.0fV%.0f", from+float64(i)*width, y)
			at = y
		}
	}
	fmt.Fprintf(s, `H%.0f"/>`, to)
}

// mark draws the shape of the series with this index: shapes and dashes tell series apart for whoever sees no colours.
func (s *svg) mark(x, y float64, index int, hint string) {
	const r = 4.5
	class := fmt.Sprintf("mark c%d", index%colours)
	switch index % 4 {
	case 0:
		fmt.Fprintf(s, `<circle cx="%.1f" cy="%.1f" r="%.1f" class="%s">`, x, y, r, class)
		fmt.Fprintf(s, `<title>%s</title></circle>`, html.EscapeString(hint))
		return
	case 1:
		fmt.Fprintf(s, `<path d="M%.1f %.1fh%.1fv%.1fh%.1fz" class="%s">`, x-r, y-r, 2*r, 2*r, -2*r, class)
	case 2:
		fmt.Fprintf(s, `<path d="M%.1f %.1fL%.1f %.1fL%.1f %.1fz" class="%s">`, x, y-r, x+r, y+r, x-r, y+r, class)
	case 3:
		fmt.Fprintf(s, `<path d="M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fz" class="%s">`, x, y-r, x+r, y, x, y+r, x-r, y, class)
	}
	fmt.Fprintf(s, `<title>%s</title></path>`, html.EscapeString(hint))
}

// colours is how many there are for series; see page.css.
const colours = 6

// A scale places values on an axis.
type scale struct {
	low, high float64 // values
	from, to  float64 // where they are
	log       bool
}

// at is where a value is.
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

// wide widens the scale to whole ticks.
func (s scale) wide() scale {
	if s.log {
		s.low, s.high = floorNice(s.low), ceilNice(s.high)
		if s.low == s.high {
			s.high = ceilNice(s.high * 1.01)
		}
		return s
	}
	step := s.step()
	s.low, s.high = math.Floor(s.low/step)*step, math.Ceil(s.high/step)*step
	return s
}

// nice are the digits at which ticks of a logarithmic axis are.
var nice = []float64{1, 2, 5, 10}

func floorNice(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	found := power
	for _, n := range nice {
		if n*power <= v*(1+1e-9) {
			found = n * power
		}
	}
	return found
}

func ceilNice(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range nice {
		if n*power >= v*(1-1e-9) {
			return n * power
		}
	}
	return 10 * power
}

// step is between the ticks of a linear axis.
func (s scale) step() float64 {
	raw := (s.high - s.low) / 5
	if raw <= 0 {
		return 1
	}
	return ceilNice(raw)
}

// ticks are round values on the axis: of a logarithmic one that is long, powers of ten alone.
func (s scale) ticks() []float64 {
	var found []float64
	if !s.log {
		step := s.step()
		for v := math.Ceil(s.low/step) * step; v <= s.high+step/1e6; v += step {
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
