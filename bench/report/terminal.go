package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
	"forktax/bench/record"
	"forktax/bench/units"
)

// A Terminal describes the terminal that a report is printed on.
type Terminal struct {
	Width  int  // in characters; 0: no terminal
	ASCII  bool // it shows ASCII characters only
	Colour bool
}

// narrowest is the smallest width, in characters, at which a picture is drawn.
const narrowest = 80

// Widths of the texts beside a bar, in characters.
const (
	nameWidth  = 20
	modelWidth = 11
	valueWidth = 17
	sparkWidth = 12
)

// Details prints the text with wrapped sentences and, if the terminal is wide enough, a picture below it. Without a
// width it prints only the text, and wraps nothing.
func Details(w io.Writer, a *analysis.Analysis, t Terminal) error {
	p := printer{w: w, t: t}
	a = respell(a, inText)
	p.text(a)
	t.picture(&p, a)
	return p.err
}

// picture draws a bar for each cell in a closed loop, at the first load of each request: the median response time, or
// for a suite the throughput. All bars are on one scale. Beside each bar it draws the medians of the cell's blocks, in
// the order in which they ran.
func (t Terminal) picture(p *printer, a *analysis.Analysis) {
	room := t.Width - nameWidth - modelWidth - valueWidth - sparkWidth - 4
	cells := analysis.FirstLoads(withoutIntermediate(a).CellsOf(record.Closed))
	most := 0.0
	for _, c := range cells {
		length, _ := drawnValue(a, c)
		most = max(most, length)
	}
	if t.Width < narrowest || most == 0 {
		return
	}
	title := "Median response times, and those of the blocks in their order"
	if a.Run.Suite != nil {
		title = "Requests per second, and median response times of the blocks in their order"
	}
	p.line("\n%s", title)
	for _, g := range groupBy(cells, requestOfCell) {
		for series, c := range g.members {
			length, value := drawnValue(a, c)
			if length == 0 {
				continue
			}
			if r := a.Comparison(c.Cell, mainMetric(a)); r != nil {
				value += " " + units.Number(r.Ratio) + "×"
			}
			p.line("%s %s %s %s %s", t.pad(g.name, nameWidth), t.pad(c.Model, modelWidth),
				t.coloured(t.bar(length/most*float64(room), room), series), t.pad(value, valueWidth), t.spark(c))
			g.name = "" // on the first line only
		}
	}
}

// drawnValue returns the value that a cell's bar represents, and its text; 0 and "" if it is unknown.
func drawnValue(a *analysis.Analysis, c analysis.Cell) (length float64, text string) {
	switch {
	case a.Run.Suite != nil && c.ThroughputRPS != nil:
		return *c.ThroughputRPS, units.Rate(*c.ThroughputRPS)
	case a.Run.Suite == nil && c.Response.P50 != nil:
		return float64(*c.Response.P50), percentileText(c.Response, "p50")
	}
	return 0, ""
}

// bar returns a bar of that length, drawn in eighths of a character and padded to the width. Both are in characters.
func (t Terminal) bar(length float64, width int) string {
	if t.ASCII {
		return t.pad(strings.Repeat("#", max(int(length+0.5), 1)), width)
	}
	eighths := max(int(length*8+0.5), 1)
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune(" ▏▎▍▌▋▊▉")[rest])
	}
	return t.pad(text, width)
}

// spark draws the medians of a cell's blocks in order, on a scale from the lowest to the highest. If there are many
// blocks, it draws means of consecutive medians.
func (t Terminal) spark(c analysis.Cell) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	if t.ASCII {
		levels = []rune("_.-=+*%#")
	}
	var values []float64
	for _, s := range c.Samples {
		if v, ok := s.Metrics[analysis.MetricResponse]; ok {
			values = append(values, v)
		}
	}
	if len(values) < 2 {
		return ""
	}
	means := make([]float64, min(len(values), sparkWidth))
	for i := range means { // numbers of blocks differ by one at most
		part := values[i*len(values)/len(means) : (i+1)*len(values)/len(means)]
		for _, v := range part {
			means[i] += v / float64(len(part))
		}
	}
	y := scale{low: slices.Min(means), high: slices.Max(means), to: float64(len(levels) - 1)}
	text := ""
	for _, v := range means {
		text += string(levels[int(y.at(v))])
	}
	return text
}

// coloured returns the text in the colour of a series. Colours carry no meaning: the name of a series is beside it.
func (t Terminal) coloured(text string, series int) string {
	if !t.Colour {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", []int{36, 33, 35, 32, 34}[series%5], text)
}

// plain replaces characters that the terminal does not show.
func (t Terminal) plain(text string) string {
	if !t.ASCII {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, spelled.Replace(text))
}

var spelled = strings.NewReplacer("µ", "u", "×", "x", "≥", ">=", "≤", "<=", "–", "-", "−", "-", "─", "-", "·", "-",
	"…", "...", "├", "|", "┼", "|", "┤", "|", "†", "+", "‡", "++", "±", "+-")

// pad shortens or pads the text to the width.
func (t Terminal) pad(text string, width int) string {
	if text = t.plain(foreign.Line(text)); t.ASCII && len(text) > width {
		text = text[:width-3] + "..."
	}
	text = shorten(text, width)
	return text + strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
}
