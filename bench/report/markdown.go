package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// Markdown prints the whole report for a page: also the comparisons by other metrics, and the environment.
func Markdown(w io.Writer, a *Analysis) error {
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
		p.chapter("Suite "+a.Run.Suite.Name, aboutSuite(a)+".", suiteTable(a), a.notes(a.own(plan.Closed), MetricThroughput)...)
		p.chapter("Response time in closed loops", ranks, closedTable(a))
	} else {
		p.chapter("Response time in closed loops", ranks+" The fork tax is the ratio of\nthe medians, with its 95 % interval: over "+
			"pairs of blocks, or over starts of the targets if that is wider.", closedTable(a), a.notes(a.own(plan.Closed), MetricResponse)...)
	}
	p.chapter("Response time at a rate", "Requests arrive by a plan, whatever the server does, and count from when they were "+
		"intended.\nLag is the generator's own fault.", openTable(a), a.notes(a.own(plan.Open), MetricResponse)...)
	p.chapter("What a request costs the server", "Of the server and the children that it waited for. Invalid blocks are in no "+
		"comparison.", costTable(a.ownCells()))
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
func (p *printer) waterfalls(a *Analysis) {
	cells := a.told()
	if len(cells) == 0 {
		return
	}
	p.line("\n## Where the time of a request goes\n\nMedians of the phases, each of which begins where the one before it ends; " +
		"METHOD.md says what each\nis. What is outside of them is the network, HTTP, and the client.")
	for _, c := range cells {
		p.line("\n%s, %s, %s: %s\n\n```\n%s```", requestName(c.Workload, c.Request), c.Model, c.Load, c.Response.print("p50"),
			waterfall(c))
	}
}

func (p *printer) comparisons(a *Analysis) {
	if len(a.Comparisons) == 0 {
		return
	}
	p.line("\n## Comparisons\n\nEstimate of Hodges and Lehmann and the wider of two intervals of the signed-rank test: " +
		"over the pairs of\nblocks of the rounds, and over the starts of the targets, if there are six. p99 is pooled over " +
		"all pairs, with a\nbootstrap over them. MDE is the smallest change that the comparison would have found.\n")
	p.line("| request | load | metric | candidate over baseline | ratio | difference | pairs | starts | interval | MDE |" +
		"\n|---|---|---|---|--:|--:|--:|--:|---|--:|")
	for _, c := range a.Comparisons {
		print := duration
		if c.Unit != "ns" {
			print = rate
		}
		p.line("| %s | %s | %s | %s over %s | %s%s | %s%s | %d | %d | %s | %s |", requestName(c.Workload, c.Request), c.Load,
			c.Metric, c.Candidate, c.Baseline, three(c.Ratio), between(c.RatioLow, c.RatioHigh, three), print(c.Difference),
			between(c.DifferenceLow, c.DifferenceHigh, print), c.Blocks, c.Restarts, c.over(), optional(c.MDE, percent))
	}
}

func percent(share float64) string { return three(share*100) + " %" }

// variants says what each is.
func (p *printer) variants(a *Analysis) {
	if len(a.Run.Variants) == 0 {
		return
	}
	p.line("\n## Variants\n")
	for _, v := range a.Run.Variants {
		p.line("- %s: %s", v.Name, variant(v))
	}
}

// variant says what one is, as far as it is anything but a model.
func variant(v subject.Variant) string {
	parts := []string{"model " + v.Model}
	if len(v.Build) > 0 {
		parts = append(parts, fmt.Sprintf("built with `%s`", strings.Join(v.Build, " ")))
	}
	for _, name := range slices.Sorted(maps.Keys(v.Env)) {
		parts = append(parts, fmt.Sprintf("`%s=%s`", name, v.Env[name]))
	}
	if v.Padding > 0 {
		parts = append(parts, fmt.Sprintf("%s bytes more of environment", grouped(int64(v.Padding))))
	}
	if v.Program != "" {
		parts = append(parts, fmt.Sprintf("program `%s`", v.Program))
	}
	return strings.Join(parts, ", ")
}

func (p *printer) environment(a *Analysis) {
	p.line("\n## Environment\n")
	for _, line := range surroundings(a, "`") {
		p.line("- %s", line)
	}
}

// surroundings says where a run was made, with what is code between the quotes.
func surroundings(a *Analysis, quote string) []string {
	e := a.Environment
	lines := []string{
		fmt.Sprintf("%s, %d cores, %s of memory; %s %s on %s; load %.2f before the run%s", e.CPU, e.Cores, size(e.MemoryBytes),
			e.OS, e.Kernel, e.Arch, e.Load1, duringRun(a.Run.StealShare)),
		fmt.Sprintf("forktax %s, built with %s", a.Run.Version, e.Go),
	}
	if d := e.Database; d != nil {
		whose := "given"
		if d.Private {
			whose = "started for the run"
		}
		lines = append(lines, fmt.Sprintf("%s %s, %s, %s: %s", d.Kind, d.Version, whose, quote+d.URL+quote, settings(d.Settings)))
	}
	for _, program := range e.Programs {
		name := program.Workload
		if len(program.Variants) > 0 {
			name += " (" + strings.Join(program.Variants, ", ") + ")"
		}
		sum := quote + fmt.Sprintf("%.12s", program.SHA256) + quote
		lines = append(lines, fmt.Sprintf("%s: %s, %s, SHA-256 %s, %s", name, quote+program.Path+quote, size(program.Bytes), sum, program.Go))
	}
	return append(lines, suiteVersions(a.Run.Suite)...)
}

// settings lists what a database server is set to.
func settings(set map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		parts = append(parts, name+" "+set[name])
	}
	return strings.Join(parts, ", ")
}
