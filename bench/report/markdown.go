package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// Markdown prints the whole report for a page: also the comparisons by other metrics, and the environment.
func Markdown(w io.Writer, a *analysis.Analysis) error {
	p := printer{w: w}
	if a.Check != nil {
		p.checkChapter(a.Check)
	}
	p.line("# forktax: what a process for each request costs\n\n%s", summary(a))
	for _, warning := range a.Warnings {
		p.line("\n> **%s**: %s; %s.", warning.Code, warning.Text, warning.Advice)
	}
	if lines := meanings(a); len(lines) > 0 {
		p.line("\n## What it means\n\n- %s", strings.Join(lines, "\n- "))
	}
	const ranks = "Percentiles are exact nearest ranks over all right answers."
	if a.Run.Suite != nil {
		p.chapter("Suite "+a.Run.Suite.Name, aboutSuite(a)+".", suiteTable(a), footnotes(a, a.CellsOf(record.Closed), analysis.MetricThroughput)...)
		p.chapter("Response time in closed loops", ranks, closedTable(a))
	} else {
		p.chapter("Response time in closed loops", ranks+" The fork tax is the ratio of\nthe medians, with its 95 % interval: over "+
			"pairs of blocks, or over starts of the targets if that is wider.", closedTable(a), footnotes(a, a.CellsOf(record.Closed), analysis.MetricResponse)...)
	}
	p.chapter("Response time at a rate", "Requests arrive by a plan, whatever the server does, and count from when they were "+
		"intended.\nLag is the generator's own fault.", openTable(a), footnotes(a, a.CellsOf(record.Open), analysis.MetricResponse)...)
	p.chapter("What a request costs the server", "Of the server and the children that it waited for. Invalid blocks are in no "+
		"comparison.", costTable(a.OwnCells()))
	p.waterfalls(a)
	p.chapter("What each thing is worth that can be kept", "From the model that keeps everything down to the one that keeps "+
		"nothing: what is renewed for\neach request, and what that adds to the median, by the client's clock and by the sum of "+
		"the phases\nthat the servers tell.", stepsTable(a))
	p.chapter("What a rate costs", "Shares of a core, by the CPU a request at the first load; and what would take away how much "+
		"of the\nfork tax. The savings overlap.", decisionTable(a))
	p.chapter("The referee", "Another client repeats a part of the closed loops; this is how far it is from what is shown.",
		refereeTable(a))
	p.comparisons(a)
	p.variants(a)
	p.environment(a)
	return p.err
}

// chapter prints a table, if it has a row.
func (p *printer) chapter(title, about string, t table.Writer, notes ...string) {
	if t.Length() == 0 {
		return
	}
	p.line("\n## %s\n\n%s\n\n%s", title, about, t.RenderMarkdown())
	for _, n := range notes {
		p.line("\n%s.", n)
	}
}

// waterfalls draws the phases of the requests for which a process was started.
func (p *printer) waterfalls(a *analysis.Analysis) {
	cells := cellsWithPhases(a)
	if len(cells) == 0 {
		return
	}
	p.line("\n## Where the time of a request goes\n\nMedians of the phases, each of which begins where the one before it ends; " +
		"METHOD.md says what each\nis. What is outside of them is the network, HTTP, and the client.")
	for _, c := range cells {
		p.line("\n%s, %s, %s: %s\n\n```\n%s```", analysis.RequestName(c.Workload, c.Request), c.Model, c.Load, percentileText(c.Response, "p50"),
			waterfall(c))
	}
}

func (p *printer) comparisons(a *analysis.Analysis) {
	if len(a.Comparisons) == 0 {
		return
	}
	p.line("\n## Comparisons\n\nEstimate of Hodges and Lehmann and the wider of two intervals of the signed-rank test: " +
		"over the pairs of\nblocks of the rounds, and over the starts of the targets, if there are six. p99 is pooled over " +
		"all pairs, with a\nbootstrap over them. MDE is the smallest change that the comparison would have found.\n")
	p.line("| request | load | metric | candidate over baseline | ratio | difference | pairs | starts | interval | MDE |" +
		"\n|---|---|---|---|--:|--:|--:|--:|---|--:|")
	for _, c := range a.Comparisons {
		print := units.Duration
		if c.Unit != "ns" {
			print = units.Rate
		}
		p.line("| %s | %s | %s | %s over %s | %s%s | %s%s | %d | %d | %s | %s |", analysis.RequestName(c.Workload, c.Request), c.Load,
			c.Metric, c.Candidate, c.Baseline, units.Number(c.Ratio), units.Interval(c.RatioLow, c.RatioHigh, units.Number), print(c.Difference),
			units.Interval(c.DifferenceLow, c.DifferenceHigh, print), c.Blocks, c.Restarts, intervalText(c), units.Optional(c.MDE, units.Percent))
	}
}

// variants says what each is.
func (p *printer) variants(a *analysis.Analysis) {
	if len(a.Run.Variants) == 0 {
		return
	}
	p.line("\n## Variants\n")
	for _, v := range a.Run.Variants {
		p.line("- %s: %s", v.Name, analysis.FormatVariant(v))
	}
}

func (p *printer) environment(a *analysis.Analysis) {
	p.line("\n## Environment\n")
	for _, line := range surroundings(a, "`") {
		p.line("- %s", line)
	}
}

// surroundings says where a run was made, with what is code between the quotes.
func surroundings(a *analysis.Analysis, quote string) []string {
	e := a.Environment
	steal := ""
	if s := a.Run.StealShare; s != nil {
		steal = fmt.Sprintf("; steal %s of the CPU time during it", units.Percent(*s))
	}
	lines := []string{
		fmt.Sprintf("%s, %d cores, %s of memory; %s %s on %s; load %.2f before the run%s", e.CPU, e.Cores, units.Size(e.MemoryBytes),
			e.OS, e.Kernel, e.Arch, e.Load1, steal),
		fmt.Sprintf("forktax %s, built with %s", a.Run.Version, e.Go),
	}
	if d := e.Database; d != nil {
		whose := "given"
		if d.Private {
			whose = "started for the run"
		}
		lines = append(lines, fmt.Sprintf("%s %s, %s, %s: %s", d.Kind, d.Version, whose, quote+d.URL+quote, analysis.FormatSettings(d.Settings)))
	}
	for _, program := range e.Programs {
		name := program.Workload
		if len(program.Variants) > 0 {
			name += " (" + strings.Join(program.Variants, ", ") + ")"
		}
		sum := quote + fmt.Sprintf("%.12s", program.SHA256) + quote
		lines = append(lines, fmt.Sprintf("%s: %s, %s, SHA-256 %s, %s", name, quote+program.Path+quote, units.Size(program.Bytes), sum, program.Go))
	}
	return append(lines, suiteVersions(a.Run.Suite)...)
}
