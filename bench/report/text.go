package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"forktax/bench/analysis"
	"forktax/bench/record"
)

// Text prints one screen for a terminal: the check, if there is one, the table, where it goes, what it means, and what
// to be careful of.
func Text(w io.Writer, a *analysis.Analysis) error {
	p := printer{w: w}
	p.text(a)
	return p.err
}

func (p *printer) text(a *analysis.Analysis) {
	if a.Check != nil {
		p.check(a.Check)
	}
	p.sentence("", "%s", summary(a))
	ends := withoutIntermediate(a)
	if a.Run.Suite == nil {
		p.table("Response time in closed loops, and the fork tax on its median (95 % interval over pairs, or over starts if "+
			"wider)", closedTable(ends), footnotes(a, ends.CellsOf(record.Closed), analysis.MetricResponse)...)
	} else {
		p.table(aboutSuite(a), suiteTable(a), footnotes(a, a.CellsOf(record.Closed), analysis.MetricThroughput)...)
		p.table("Response time in closed loops", closedTable(ends))
	}
	p.table("Response time at a rate, and the fork tax on its median", openTable(ends), footnotes(a, ends.CellsOf(record.Open), analysis.MetricResponse)...)
	p.table("What a request costs the server", costTable(analysis.FirstLoads(ends.OwnCells())))
	p.table("Where the time of a request goes: medians of its phases", phasesTable(a))
	p.table("What it adds to renew a thing for each request, to the median response time (95 % interval)", reuseTable(a))
	p.list("What it means", append(meanings(ends), crossCheckSummary(a)...))
	var careful []string
	for _, w := range a.Warnings {
		careful = append(careful, fmt.Sprintf("%s: %s; %s.", w.Code, w.Text, w.Advice))
	}
	p.list("To be careful of", careful)
}

// printer remembers the first error.
type printer struct {
	w   io.Writer
	t   Terminal // that it is for, if it is for one
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, p.t.plain(fmt.Sprintf(format+"\n", args...)))
	}
}

// sentence prints a line that may be wrapped; what follows of it stands further in than its begin.
func (p *printer) sentence(indent, format string, args ...any) {
	all := p.t.plain(fmt.Sprintf(format, args...))
	more := indent + "  "
	if p.t.Width > len(more) {
		all = text.WrapSoft(all, p.t.Width-len(more))
	}
	for part := range strings.Lines(all) {
		p.line("%s%s", indent, strings.TrimRight(part, " \n"))
		indent = more
	}
}

// table prints nothing of one without rows.
func (p *printer) table(title string, t table.Writer, notes ...string) {
	if t.Length() == 0 {
		return
	}
	t.SetStyle(plainTable)
	p.line("")
	p.sentence("", "%s", title)
	p.line("%s", t.Render())
	for _, n := range notes {
		p.sentence("", "%s", n)
	}
}

// list prints nothing of an empty one, not even its title.
func (p *printer) list(title string, lines []string) {
	if len(lines) > 0 {
		p.line("\n%s", title)
	}
	for _, l := range lines {
		p.sentence("  ", "%s", l)
	}
}

// plainTable has a line under the header and nothing else, so that the numbers are what is seen.
var plainTable = func() table.Style {
	s := table.StyleLight
	s.Name = "plain"
	s.Options = table.Options{SeparateHeader: true}
	s.Format.Header = 0 // as it is written
	s.Box.PaddingRight = "  "
	s.Box.PaddingLeft = ""
	return s
}()
