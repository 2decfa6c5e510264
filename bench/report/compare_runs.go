package report

import (
	"fmt"
	"io"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/record"
)

// RunComparisons are the formats of a comparison of two runs.
var RunComparisons = Formats[*analysis.RunComparison]{
	"json": indented[*analysis.RunComparison],
	"markdown": func(w io.Writer, c *analysis.RunComparison) error {
		return printContrast(printer{w: w, markdown: true}, respell(c, inMarkdown))
	},
	"text": func(w io.Writer, c *analysis.RunComparison) error {
		return printContrast(printer{w: w}, respell(c, inText))
	},
}

var unlikeColumns = []column[analysis.Mismatch]{
	{Name: "what", Key: "what"}, {Name: "A", Key: "a"}, {Name: "B", Key: "b"},
}

var compareColumns = []column[analysis.CellComparison]{
	{Name: "request", Key: "request", Text: requestOf[analysis.CellComparison]}, {Name: "load", Key: "load"},
	{Name: "model", Key: "model"}, {Name: "engine", Key: "engine"},
	{Name: "p50 A", Key: "response_p50_ns.a", Unit: ns}, {Name: "p50 B", Key: "response_p50_ns.b", Unit: ns},
	{Name: "change", Key: "response_p50_ns.ratio", Unit: changes},
	{Name: "CPU A", Key: "cpu_ns_per_request.a", Unit: ns}, {Name: "CPU B", Key: "cpu_ns_per_request.b", Unit: ns},
	{Name: "change", Key: "cpu_ns_per_request.ratio", Unit: changes},
	{Name: "requests/s A", Key: "throughput_rps.a", Unit: throughputs},
	{Name: "requests/s B", Key: "throughput_rps.b", Unit: throughputs},
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

func printContrast(p printer, c *analysis.RunComparison) error {
	sides := "A: %s\nB: %s"
	if p.markdown {
		sides = "# forktax: two runs side by side\n\n- A: %s\n- B: %s"
	}
	p.line(sides, comparedRunName(c.A), comparedRunName(c.B))
	p.section(section{Title: "Unlike", Chapter: "Unlike", About: "In these the runs differ.",
		Table: makeTable(nil, unlikeColumns, 0, c.Mismatches, nil)})
	p.line("\n%s", compareCaution(c))
	p.section(section{Title: "Programs that are other files", Chapter: "Programs", About: "These are other files.",
		Table: makeTable(nil, unlikeColumns, 0, c.Programs, nil)})
	if c.Absolute() {
		p.section(section{
			Title:   "Cells of both: medians of response times, CPU a request, throughput; the change from A to B",
			Chapter: "Cells of both",
			About:   "Medians of response times, CPU a request, throughput; the change from A to B.",
			Table:   makeTable(nil, compareColumns, 0, c.Cells, nil)})
	}
	taxes := slices.DeleteFunc(slices.Clone(c.Taxes), func(x analysis.TaxComparison) bool {
		return x.A.Metric != analysis.MetricResponse && x.A.Metric != analysis.MetricCPU
	})
	p.section(section{Title: "Fork tax of both, each within its run, with its 95 % interval", Chapter: "Fork tax of both",
		About: "Each within its run, with its 95 % interval.",
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

// comparedRunName says which run it is.
func comparedRunName(s analysis.ComparedRun) string {
	words := fmt.Sprintf("%s, run %s of %s, %.0f s", s.Name, s.Run.ID, s.Run.Started.UTC().Format("2006-01-02 15:04"),
		s.Run.Seconds)
	if !s.Run.Complete {
		words += ", incomplete: " + s.Run.Condition
	}
	return words
}

// compareCaution says what two runs of different times can and cannot tell.
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
