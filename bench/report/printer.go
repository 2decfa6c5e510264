package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// A printer prints the parts of a report as text or Markdown. It remembers the first error.
type printer struct {
	w        io.Writer
	t        Terminal // zero if the output is not a terminal
	markdown bool
	brief    bool // leaves constant columns out of the table of gates
	err      error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, p.t.plain(fmt.Sprintf(format+"\n", args...)))
	}
}

// sentence prints a line, wrapped to the width; continuation lines are indented further.
func (p *printer) sentence(indent, all string) {
	all = p.t.plain(all)
	more := indent + "  "
	if p.t.Width > len(more) {
		all = text.WrapSoft(all, p.t.Width-len(more))
	}
	for part := range strings.Lines(all) {
		p.line("%s%s", indent, strings.TrimRight(part, " \n"))
		indent = more
	}
}

// A section is a table with its titles and captions. A format for which it has no title leaves it out.
type section struct {
	ID      string // fragment of its address on the page
	Title   string // in text
	Chapter string // title in Markdown
	About   string // in Markdown, below the title
	Page    string // title on the page
	Short   string // short form of Page, for the table of contents
	Table   grid
	Drawing string   // printed instead of the table in Markdown; "": none
	Notes   []string // lines below the table
}

// section prints a section, or nothing if its table has no rows.
func (p *printer) section(s section) {
	switch {
	case len(s.Table.Rows) == 0:
	case p.markdown && s.Chapter != "":
		if s.Drawing == "" {
			s.Drawing = s.Table.writer().RenderMarkdown()
		}
		p.line("\n## %s\n\n%s\n\n%s", s.Chapter, s.About, s.Drawing)
		for _, n := range s.Notes {
			p.line("\n%s.", n)
		}
	case !p.markdown && s.Title != "":
		p.line("")
		p.sentence("", s.Title)
		p.line("%s", s.Table.render(p.t.Width))
		for _, n := range s.Notes {
			p.sentence("", n)
		}
	}
}

// list prints a list with its title, or nothing if the list is empty.
func (p *printer) list(title string, lines []string) {
	switch {
	case len(lines) == 0:
	case p.markdown:
		p.line("\n## %s\n\n- %s", title, strings.Join(lines, "\n- "))
	default:
		p.line("\n%s", title)
		for _, l := range lines {
			p.sentence("  ", l)
		}
	}
}
