package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// Contrasts are the formats of two runs side by side.
var Contrasts = Formats[*analysis.Contrast]{
	"json":     indented[*analysis.Contrast],
	"markdown": contrastMarkdown,
	"text":     contrastText,
}

func contrastText(w io.Writer, c *analysis.Contrast) error {
	p := printer{w: w}
	p.line("A: %s\nB: %s", sideName(c.A), sideName(c.B))
	p.table("Unlike", unlikeTable(c.Unlike))
	p.line("\n%s", contrastCaution(c))
	p.table("Programs that are other files", unlikeTable(c.Programs))
	p.table("Cells of both: medians of response times, CPU a request, throughput; the change from A to B", contrastCellsTable(c))
	p.table("Fork tax of both, each within its run, with its 95 % interval", contrastTaxesTable(c))
	for _, l := range contrastLists(c) {
		p.list(l.title, l.lines)
	}
	return p.err
}

func contrastMarkdown(w io.Writer, c *analysis.Contrast) error {
	p := printer{w: w}
	p.line("# forktax: two runs side by side\n\n- A: %s\n- B: %s", sideName(c.A), sideName(c.B))
	p.chapter("Unlike", "In these the runs differ.", unlikeTable(c.Unlike))
	p.line("\n%s", contrastCaution(c))
	p.chapter("Programs", "These are other files.", unlikeTable(c.Programs))
	p.chapter("Cells of both", "Medians of response times, CPU a request, throughput; the change from A to B.", contrastCellsTable(c))
	p.chapter("Fork tax of both", "Each within its run, with its 95 % interval.", contrastTaxesTable(c))
	for _, l := range contrastLists(c) {
		p.items(l.title, l.lines)
	}
	return p.err
}

// sideName says which run it is.
func sideName(s analysis.Side) string {
	words := fmt.Sprintf("%s, run %s of %s, %.0f s", s.Name, s.Run.ID, s.Run.Started.UTC().Format("2006-01-02 15:04"),
		s.Run.Seconds)
	if !s.Run.Complete {
		words += ", incomplete: " + s.Run.Condition
	}
	return words
}

// contrastCaution says what two runs of different times can and cannot tell.
func contrastCaution(c *analysis.Contrast) string {
	caution := "The runs were made at different times, not interleaved: differences within some tens of per cent may be " +
		"the machine's. forktax check decides, by interleaving both."
	switch {
	case len(c.Unlike) == 0:
		return caution
	case c.Allowed:
		return caution + " The machines or settings are unlike, too; absolute numbers are compared because that was asked for."
	default:
		return caution + " The machines or settings are unlike, so absolute numbers are not compared, only what each run " +
			"compares itself; --allow-unlike-machine compares them."
	}
}

func unlikeTable(all []analysis.Unlikeness) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"what", "A", "B"})
	for _, u := range all {
		t.AppendRow(table.Row{u.What, u.A, u.B})
	}
	return t
}

// contrastCellsTable has a row for each cell of both, none if absolute numbers are not compared.
func contrastCellsTable(c *analysis.Contrast) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "model", "engine", "p50 A", "p50 B", "change", "CPU A", "CPU B", "change",
		"requests/s A", "requests/s B", "change"})
	for _, x := range c.Cells {
		if !c.Absolute() {
			break
		}
		row := table.Row{analysis.RequestName(x.Workload, x.Request), x.Load, x.Model, x.Engine}
		row = append(row, contrastColumns(x.Response, units.Duration)...)
		row = append(row, contrastColumns(x.CPU, units.Duration)...)
		t.AppendRow(append(row, contrastColumns(x.Throughput, units.Number)...))
	}
	alignRight(t, 5, 13)
	return t
}

func contrastColumns(v analysis.Contrasted, print func(float64) string) table.Row {
	return table.Row{units.Optional(v.A, print), units.Optional(v.B, print), units.Optional(v.Ratio, units.Change)}
}

// contrastTaxesTable has a row for each fork tax of both on the median response time and on CPU.
func contrastTaxesTable(c *analysis.Contrast) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "metric", "candidate over baseline", "A", "B", "change"})
	for _, x := range c.Taxes {
		if x.A.Metric == analysis.MetricResponse || x.A.Metric == analysis.MetricCPU {
			t.AppendRow(table.Row{analysis.RequestName(x.A.Workload, x.A.Request), x.A.Load, spoken(x.A.Metric),
				x.A.Candidate + " over " + x.A.Baseline, contrastTax(x.A), contrastTax(x.B), units.Change(x.Ratio)})
		}
	}
	alignRight(t, 5, 7)
	return t
}

func contrastTax(c analysis.Comparison) string {
	return units.Number(c.Ratio) + "×" + units.Interval(c.RatioLow, c.RatioHigh, units.Number)
}

type titled struct {
	title string
	lines []string
}

func contrastLists(c *analysis.Contrast) []titled {
	names := func(cells []record.Cell) []string {
		var lines []string
		for _, x := range cells {
			lines = append(lines, x.String())
		}
		return lines
	}
	lists := []titled{{"Only in A", names(c.OnlyA)}, {"Only in B", names(c.OnlyB)}, {"To be careful of", c.Notes}}
	if len(c.Cells) == 0 {
		lists = slices.Insert(lists, 0, titled{"Nothing is compared", []string{"No cell is in both runs."}})
	}
	return lists
}
