package report

import (
	"io"
	"strings"
)

// Markdown prints the whole report for a page: also the comparisons by other metrics, and the environment.
func Markdown(w io.Writer, a *Analysis) error {
	p := printer{w: w}
	p.line("# forktax: what a process for each request costs\n\n%s\n", summary(a))
	for _, warning := range a.Warnings {
		p.line("> **%s**: %s. %s.\n", warning.Code, warning.Text, warning.Advice)
	}
	if lines := meanings(a); len(lines) > 0 {
		p.line("## What it means\n\n- %s\n", strings.Join(lines, "\n- "))
	}
	p.line("## Response time\n\nPercentiles are exact nearest ranks over all right answers. The fork tax is the ratio of "+
		"the medians,\nwith its 95 %% interval over rounds.\n\n%s\n", taxTable(a).RenderMarkdown())
	p.line("## What a request costs the server\n\n%s\n", costTable(a).RenderMarkdown())
	p.comparisons(a)
	p.environment(a)
	return p.err
}

func (p *printer) comparisons(a *Analysis) {
	if len(a.Comparisons) == 0 {
		return
	}
	p.line("## Comparisons\n\nEstimate of Hodges and Lehmann and interval of the signed-rank test, over the pairs of blocks " +
		"of the rounds.\nMDE is the smallest change that the comparison would have found.\n")
	p.line("| request | load | metric | candidate over baseline | ratio | difference | pairs | MDE |\n" +
		"|---|---|---|---|--:|--:|--:|--:|")
	for _, c := range a.Comparisons {
		print := duration
		if c.Unit != "ns" {
			print = rate
		}
		p.line("| %s/%s | %s | %s | %s over %s | %s%s | %s%s | %d | %s |", c.Workload, c.Request, c.Load, c.Metric,
			c.Candidate, c.Baseline, three(c.Ratio), between(c.RatioLow, c.RatioHigh, three), print(c.Difference),
			between(c.DifferenceLow, c.DifferenceHigh, print), c.Blocks, optional(c.MDE, percent))
	}
	p.line("")
}

func percent(share float64) string { return three(share*100) + " %" }

func (p *printer) environment(a *Analysis) {
	e := a.Environment
	p.line("## Environment\n")
	p.line("- %s, %d cores, %s of memory; %s %s on %s; load %.2f before the run", e.CPU, e.Cores, size(e.MemoryBytes), e.OS,
		e.Kernel, e.Arch, e.Load1)
	p.line("- forktax %s, built with %s", a.Run.Version, e.Go)
	for _, program := range e.Programs {
		p.line("- %s: `%s`, %s, SHA-256 `%.12s`, %s", program.Workload, program.Path, size(program.Bytes), program.SHA256,
			program.Go)
	}
}
