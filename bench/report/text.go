package report

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Text prints one screen for a terminal: the table, where it goes, what it means, and what to be careful of.
func Text(w io.Writer, a *Analysis) error {
	p := printer{w: w}
	p.line("%s\n", summary(a))
	p.table("Response time, and the fork tax on its median (95 % interval over rounds)", taxTable(a))
	p.table("What a request costs the server", costTable(a))
	p.line("What it means")
	for _, m := range meanings(a) {
		p.line("  %s", m)
	}
	if len(a.Warnings) > 0 {
		p.line("\nTo be careful of")
	}
	for _, warning := range a.Warnings {
		p.line("  %s: %s. %s.", warning.Code, warning.Text, warning.Advice)
	}
	return p.err
}

// printer remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) table(title string, t table.Writer) {
	t.SetStyle(plainTable)
	p.line("%s\n%s\n", title, t.Render())
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
