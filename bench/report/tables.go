package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"forktax/bench/analysis"
	"forktax/bench/record"
)

// The tables that the text and Markdown formats share.

// closedTable has a row for each cell in a closed loop: what the baseline and the candidate take, and the fork tax.
func closedTable(a *analysis.Analysis) table.Writer {
	t := table.NewWriter()
	header := table.Row{"request", "load", "model", "p50", "p90", "p99", "requests/s"}
	if a.Run.Suite == nil { // which has a table of its own for what is compared, and no models
		header = append(header, "fork tax", "adds")
	}
	t.AppendHeader(header)
	for _, c := range a.CellsOf(record.Closed) {
		row := table.Row{analysis.RequestName(c.Workload, c.Request), c.Load, c.Model, percentileText(c.Response, "p50"), percentileText(c.Response, "p90"),
			percentileText(c.Response, "p99"), analysis.FormatOptional(c.ThroughputRPS, analysis.FormatNumber)}
		if a.Run.Suite == nil {
			tax, adds := forkTax(a, c)
			row = append(row, tax, adds)
		}
		t.AppendRow(row)
	}
	alignRight(t, 4, 9)
	return t
}

// openTable has a row for each cell in an open loop: the rate that was planned and the one that was reached.
func openTable(a *analysis.Analysis) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "planned", "model", "reached", "p50", "p90", "p99", "p99.9", "lag p99", "fork tax", "adds"})
	for _, c := range a.CellsOf(record.Open) {
		tax, adds := forkTax(a, c)
		t.AppendRow(table.Row{analysis.RequestName(c.Workload, c.Request), c.Load, c.Model, analysis.FormatOptional(c.ThroughputRPS, analysis.FormatRate),
			percentileText(c.Response, "p50"), percentileText(c.Response, "p90"), percentileText(c.Response, "p99"), percentileText(c.Response, "p999"),
			analysis.FormatOptional(c.Lag.P99, analysis.FormatDuration), tax, adds})
	}
	alignRight(t, 4, 11)
	return t
}

// forkTax says what a cell's model costs over the baseline in response time: the ratio, and the difference.
func forkTax(a *analysis.Analysis, c analysis.Cell) (ratio, difference string) {
	if a.Overloaded(c) {
		return "overload", ""
	}
	r := a.Comparison(c.Cell, analysis.MetricResponse)
	if r == nil {
		return "", ""
	}
	ratio = analysis.FormatNumber(r.Ratio) + "×" + analysis.FormatInterval(r.RatioLow, r.RatioHigh, analysis.FormatNumber) + intervalMark(*r)
	if r.Undecided() {
		return ratio, "none found"
	}
	return ratio, analysis.FormatDuration(r.Difference)
}

// Print prints the percentile of that name.
func percentileText(p analysis.Percentiles, name string) string {
	v := map[string]*int64{"p50": p.P50, "p90": p.P90, "p99": p.P99, "p999": p.P999, "max": p.Max}[name]
	if v != nil && slices.Contains(p.AtLeast, name) {
		return "≥ " + analysis.FormatDuration(float64(*v))
	}
	return analysis.FormatOptional(v, analysis.FormatDuration)
}

// costTable has a row for each of the cells: what a request costs the server, and its database server if there is one.
func costTable(cells []analysis.Cell) table.Writer {
	t := table.NewWriter()
	header := table.Row{"request", "load", "model", "CPU", "processes", "connections", "page faults", "peak memory", "errors",
		"invalid"}
	database := slices.ContainsFunc(cells, func(c analysis.Cell) bool { return c.DatabaseCPU != nil })
	if database {
		header = slices.Insert(header, 4, any("of it database"))
	}
	t.AppendHeader(header)
	for _, c := range cells {
		row := table.Row{analysis.RequestName(c.Workload, c.Request), c.Load, c.Model,
			analysis.FormatOptional(c.CPUPerRequest, analysis.FormatDuration), analysis.FormatOptional(c.ProcessesPerRequest, analysis.FormatPerRequest),
			analysis.FormatOptional(c.ConnectionsPerRequest, analysis.FormatPerRequest), analysis.FormatOptional(c.FaultsPerRequest, analysis.FormatNumber),
			analysis.FormatOptional(c.PeakMemory, func(b float64) string { return analysis.FormatSize(int64(b)) }), c.Errors,
			fmt.Sprintf("%d of %d", c.InvalidBlocks, c.Blocks)}
		if database {
			row = slices.Insert(row, 4, any(analysis.FormatOptional(c.DatabaseCPU, analysis.FormatDuration)))
		}
		t.AppendRow(row)
	}
	alignRight(t, 4, len(header))
	return t
}

// crossCheckTable has a row for each cell that the cross-check repeated.
func crossCheckTable(a *analysis.Analysis) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "model", "median", "requests/s", a.Run.CrossCheckEngine + " CPU", "own CPU", "why"})
	for _, r := range a.CrossChecks {
		t.AppendRow(table.Row{analysis.RequestName(r.Workload, r.Request), r.Load, r.Model, analysis.FormatWholeChange(r.MedianRatio), analysis.FormatWholeChange(r.ThroughputRatio),
			analysis.FormatDuration(float64(r.CrossCheckCPU)), analysis.FormatDuration(float64(r.EngineCPU)), r.Why})
	}
	alignRight(t, 4, 7)
	return t
}

// crossCheckSummary says in a line how far the cross-check is from what is shown.
func crossCheckSummary(a *analysis.Analysis) []string {
	if len(a.CrossChecks) == 0 {
		return nil
	}
	within := 0
	low, high := a.CrossChecks[0], a.CrossChecks[0] // each ratio by itself
	for _, r := range a.CrossChecks {
		if analysis.Agrees(r.MedianRatio) && analysis.Agrees(r.ThroughputRatio) {
			within++
		}
		low.MedianRatio, high.MedianRatio = min(low.MedianRatio, r.MedianRatio), max(high.MedianRatio, r.MedianRatio)
		low.ThroughputRatio = min(low.ThroughputRatio, r.ThroughputRatio)
		high.ThroughputRatio = max(high.ThroughputRatio, r.ThroughputRatio)
	}
	return []string{fmt.Sprintf("The referee, %s, differs from what is shown by %s to %s in medians and %s to %s in "+
		"throughput, and by no more than 5 %% in both in %d of %s; report.md says why for each.", a.Run.CrossCheckEngine,
		analysis.FormatWholeChange(low.MedianRatio), analysis.FormatWholeChange(high.MedianRatio), analysis.FormatWholeChange(low.ThroughputRatio), analysis.FormatWholeChange(high.ThroughputRatio), within,
		analysis.FormatPlural(len(a.CrossChecks), "cell"))}
}

func alignRight(t table.Writer, from, to int) {
	var columns []table.ColumnConfig
	for n := from; n <= to; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
}

// meanings says in a sentence for each request what its fork tax means, at the first load that it was given, and up to
// which rate it meets the objective.
func meanings(a *analysis.Analysis) []string {
	var lines []string
	for _, s := range statements(a) {
		lines = append(lines, s.Text)
	}
	return lines
}

// A statement is a sentence, and where in the JSON that is which it tells of.
type statement struct {
	Text   string
	Places []string
}

// unplaced are statements that tell of what is to be found elsewhere.
func unplaced(lines []string) []statement {
	var all []statement
	for _, line := range lines {
		all = append(all, statement{Text: line})
	}
	return all
}

func statements(a *analysis.Analysis) []statement {
	if a.Run.Suite != nil { // whose contenders are no models, and add nothing to each other
		return nil
	}
	var all []statement
	told := map[[3]string]bool{}
	for _, c := range a.OwnCells() {
		key := [3]string{c.Workload, c.Request, c.Model}
		meaning := modelSummary(a, c)
		if meaning == "" || told[key] {
			continue
		}
		told[key] = true
		s := statement{Text: fmt.Sprintf("%s, %s: %s.%s%s", analysis.RequestName(c.Workload, c.Request), c.Load, meaning, longestPhases(a, c), capacity(a, c))}
		if i := a.ComparisonIndex(c.Cell, analysis.MetricResponse); i >= 0 {
			s.Places = []string{fmt.Sprintf(".comparisons.%d", i)}
		}
		all = append(all, s)
	}
	return append(all, kneeSentences(a.Knees)...)
}

// capacity compares how many requests a second one core has CPU for.
func capacity(a *analysis.Analysis, c analysis.Cell) string {
	kept := a.BaselineOf(c)
	if kept == nil || kept.CPUPerRequest == nil || c.CPUPerRequest == nil || *kept.CPUPerRequest == 0 || *c.CPUPerRequest == 0 {
		return ""
	}
	return fmt.Sprintf(" A core has the CPU for %s requests/s, %s for %s.", analysis.FormatNumber(1e9/float64(*c.CPUPerRequest)),
		kept.Model, analysis.FormatNumber(1e9/float64(*kept.CPUPerRequest)))
}

// summary says in one line which run it was.
func summary(a *analysis.Analysis) string {
	parts := []string{
		fmt.Sprintf("run %s", a.Run.ID),
		fmt.Sprintf("%.0f s", a.Run.Seconds),
		fmt.Sprintf("targets started %s", analysis.FormatTimes(a.Run.Starts)),
		fmt.Sprintf("engine %s", strings.Join(a.Engines(), ", ")),
		fmt.Sprintf("seed %d", a.Run.Seed),
		fmt.Sprintf("%s, %d cores", a.Environment.CPU, a.Environment.Cores),
	}
	if s := a.Run.StealShare; s != nil {
		parts = append(parts, "steal "+analysis.FormatPercent(*s))
	}
	if d := a.Environment.Database; d != nil {
		parts = append(parts, fmt.Sprintf("%s %s", d.Kind, d.Version))
	}
	return strings.Join(parts, " · ")
}
