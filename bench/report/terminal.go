package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"forktax/bench"
)

// A Terminal is where a report is looked at.
type Terminal struct {
	Width  int  // in characters
	ASCII  bool // it shows no others
	Colour bool
}

// narrowest is the width from which on there is room for a picture.
const narrowest = 80

// Widths of what stands beside a bar.
const (
	nameWidth  = 20
	modelWidth = 11
	valueWidth = 17
	sparkWidth = 12
)

// Picture draws the median response time of each cell in a closed loop, or of a suite its throughput, as a bar beside its
// twins', and its blocks in the order in which they ran as a line of their own. It draws nothing where there is no room.
func Picture(w io.Writer, a *Analysis, t Terminal) error {
	bar := t.Width - nameWidth - modelWidth - valueWidth - sparkWidth - 4
	ends := a.ends()
	cells := firstLoads(ends.own(bench.Closed))
	if t.Width < narrowest || bar < 5 || len(cells) == 0 {
		return nil
	}
	p := printer{w: w}
	title := "Medians of response times, and those of the blocks in their order"
	if a.Run.Suite != nil {
		title = "Requests a second, and medians of response times of the blocks in their order"
	}
	p.line("\n%s", title)
	for _, c := range cells {
		all := slices.DeleteFunc(slices.Clone(cells), func(o Cell) bool { return o.Workload != c.Workload || o.Request != c.Request })
		most := 0.0
		for _, o := range all {
			most = max(most, a.length(o))
		}
		length := a.length(c)
		if most == 0 || length == 0 {
			continue
		}
		name := ""
		if all[0].Model == c.Model {
			name = subject(c.Workload, c.Request)
		}
		value := c.Response.print("p50")
		if a.Run.Suite != nil {
			value = optional(c.ThroughputRPS, three) + "/s"
		}
		if r := a.comparison(c.Cell, a.pictured()); r != nil {
			value += " " + three(r.Ratio) + "×"
		}
		drawn := t.bar(length/most*float64(bar), bar)
		p.line("%s %s %s %s %s", pad(name, nameWidth), pad(c.Model, modelWidth), t.coloured(drawn, slices.IndexFunc(all, func(o Cell) bool { return o.Model == c.Model })),
			pad(t.plain(value), valueWidth), t.spark(c))
	}
	return p.err
}

// pictured is the metric whose bars are drawn.
func (a *Analysis) pictured() string {
	if a.Run.Suite != nil {
		return MetricThroughput
	}
	return MetricResponse
}

func (a *Analysis) length(c Cell) float64 {
	switch {
	case a.Run.Suite != nil && c.ThroughputRPS != nil:
		return *c.ThroughputRPS
	case a.Run.Suite == nil && c.Response.P50 != nil:
		return float64(*c.Response.P50)
	}
	return 0
}

// bar is a bar of that length, padded to the width, in eighths of a character.
func (t Terminal) bar(length float64, width int) string {
	if t.ASCII {
		return pad(strings.Repeat("#", max(int(length+0.5), 1)), width)
	}
	eighths := max(int(length*8+0.5), 1)
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string([]rune(" ▏▎▍▌▋▊▉")[rest])
	}
	return pad(text, width)
}

// spark is the medians of a cell's blocks in their order, from its lowest to its highest.
func (t Terminal) spark(c Cell) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	if t.ASCII {
		levels = []rune("_.-=+*%#")
	}
	var values []float64
	for _, s := range c.Samples {
		if v, ok := s.Metrics[MetricResponse]; ok {
			values = append(values, v)
		}
	}
	if len(values) < 2 {
		return ""
	}
	n := min(len(values), sparkWidth)
	means := make([]float64, n)
	for i := range n { // each of as many blocks as the others, but for one
		from, to := i*len(values)/n, (i+1)*len(values)/n
		for _, v := range values[from:to] {
			means[i] += v / float64(to-from)
		}
	}
	low, high := slices.Min(means), slices.Max(means)
	var text strings.Builder
	for _, v := range means {
		level := 0
		if high > low {
			level = int((v - low) / (high - low) * float64(len(levels)-1))
		}
		text.WriteRune(levels[level])
	}
	return text.String()
}

// coloured gives the text the colour of a series, which no meaning hangs on: each has its name beside it.
func (t Terminal) coloured(text string, series int) string {
	if !t.Colour {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", []int{36, 33, 35, 32, 34}[max(series, 0)%5], text)
}

// plain spells what stands in a table so that the terminal shows it.
func (t Terminal) plain(text string) string {
	if !t.ASCII {
		return text
	}
	return strings.NewReplacer("µ", "u", "×", "x", "≥", ">=", "–", "-", "−", "-").Replace(text)
}

// pad brings the text to the width.
func pad(text string, width int) string {
	text = shorten(text, width)
	return text + strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
}
