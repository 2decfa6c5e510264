package report

import (
	"fmt"
	"io"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// RunComparisons are the formats of a comparison of two runs.
var RunComparisons = Formats[*analysis.RunComparison]{
	"json": indented[*analysis.RunComparison],
	"markdown": func(w io.Writer, c *analysis.RunComparison) error {
		return printContrast(printer{w: w, markdown: true}, respell(c, inMarkdown))
	},
	"text": func(w io.Writer, c *analysis.RunComparison) error {
		return printContrast(printer{w: w, t: TerminalOf(w)}, respell(c, inText))
	},
}

var unlikeColumns = []column[analysis.Mismatch]{
	{Name: "item", Key: "what"}, {Name: "A", Key: "a"}, {Name: "B", Key: "b"},
}

var compareColumns = []column[analysis.CellComparison]{
	{Name: "request", Key: "request", Text: requestOf[analysis.CellComparison]}, {Name: "load", Key: "load"},
	{Name: "model", Key: "model"}, {Name: "engine", Key: "engine"},
	{Name: "p50 A", Key: "response_p50_ns.a", Unit: ns, Text: medianOfRun("a")},
	{Name: "p50 B", Key: "response_p50_ns.b", Unit: ns, Text: medianOfRun("b")},
	{Name: "change", Key: "response_p50_ns.ratio", Unit: changes},
	{Name: "CPU A", Key: "cpu_ns_per_request.a", Unit: ns}, {Name: "CPU B", Key: "cpu_ns_per_request.b", Unit: ns},
	{Name: "change", Key: "cpu_ns_per_request.ratio", Unit: changes},
	{Name: "req/s A", Key: "throughput_rps.a", Unit: throughputs},
	{Name: "req/s B", Key: "throughput_rps.b", Unit: throughputs},
	{Name: "change", Key: "throughput_rps.ratio", Unit: changes},
}

var contrastTaxColumns = []column[analysis.TaxComparison]{
	{Name: "request", Text: of(func(x analysis.TaxComparison) string { return requestOf(nil, x.A) })},
	{Name: "load", Key: "a.load"},
	{Name: "metric", Text: of(func(x analysis.TaxComparison) string { return spoken(x.A.Metric) })},
	{Name: "candidate over baseline",
		Text: of(func(x analysis.TaxComparison) string { return x.A.Candidate + " over " + x.A.Baseline })},
	{Name: "A", Unit: ratios, Text: of(func(x analysis.TaxComparison) string { return timesText(x.A) })},
	{Name: "B", Unit: ratios, Text: of(func(x analysis.TaxComparison) string { return timesText(x.B) })},
	{Name: "change", Key: "ratio", Unit: changes},
}

// medianOfRun formats the median response time of a run.
func medianOfRun(run string) func(*analysis.Analysis, analysis.CellComparison) string {
	return of(func(c analysis.CellComparison) string {
		value := c.Response.A
		if run == "b" {
			value = c.Response.B
		}
		text := units.Optional(value, units.Duration)
		if slices.Contains(c.Response.AtLeast, run) {
			return "≥ " + text
		}
		return text
	})
}

func printContrast(p printer, c *analysis.RunComparison) error {
	sides := "A: %s\nB: %s"
	if p.markdown {
		sides = "# forktax: comparison of two runs\n\n- A: %s\n- B: %s"
	}
	p.line(sides, comparedRunName(c.A), comparedRunName(c.B))
	p.section(section{Title: "Differences", Chapter: "Differences",
		About: "Machine and settings that differ between the runs.",
		Table: makeTable(nil, unlikeColumns, 0, c.Mismatches, nil)})
	p.line("\n%s", compareCaution(c))
	p.section(section{Title: "Programs whose files differ", Chapter: "Programs", About: "Programs whose files differ.",
		Table: makeTable(nil, unlikeColumns, 0, c.Programs, nil)})
	if c.Absolute() {
		p.section(section{
			Title:   "Cells in both runs: median response time, CPU time per request, throughput; change from A to B",
			Chapter: "Cells in both runs",
			About:   "Median response time, CPU time per request, throughput; change from A to B.",
			Table:   makeTable(nil, compareColumns, 0, c.Cells, nil)})
	}
	taxes := slices.DeleteFunc(slices.Clone(c.Taxes), func(x analysis.TaxComparison) bool {
		return x.A.Metric != analysis.MetricResponse && x.A.Metric != analysis.MetricCPU
	})
	p.section(section{Title: "Fork tax in both runs, each within its run (95% CI)", Chapter: "Fork tax in both runs",
		About: "Each within its run, with its 95% CI.",
		Table: makeTable(nil, contrastTaxColumns, 0, taxes, nil)})
	if len(c.Cells) == 0 {
		p.list("Nothing is compared", []string{"No cell is in both runs."})
	}
	p.list("Only in A", cellNames(c.OnlyA))
	p.list("Only in B", cellNames(c.OnlyB))
	p.list("Warnings", c.Notes)
	return p.err
}

func cellNames(cells []record.Cell) (names []string) {
	for _, c := range cells {
		names = append(names, c.String())
	}
	return names
}

// comparedRunName describes a compared run.
func comparedRunName(s analysis.ComparedRun) string {
	words := fmt.Sprintf("%s, run %s of %s, %.0f s", s.Name, s.Run.ID, s.Run.Started.UTC().Format("2006-01-02 15:04"),
		s.Run.Seconds)
	if !s.Run.Complete {
		words += ", incomplete: " + s.Run.Condition
	}
	return words
}

// compareCaution describes the limits of comparing two runs made at different times.
func compareCaution(c *analysis.RunComparison) string {
	caution := "The runs were made at different times, not interleaved: differences within some tens of per cent may be " +
		"the machine's. forktax check decides, by interleaving both."
	switch {
	case len(c.Mismatches) == 0:
		return caution
	case c.Allowed:
		return caution + " The machines or settings are unlike, too; absolute numbers are compared because that was " +
			"asked for."
	default:
		return caution + " The machines or settings are unlike, so absolute numbers are not compared, only what each run " +
			"compares itself; --allow-unlike-machine compares them."
	}
}
