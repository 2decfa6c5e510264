package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
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
			percentileText(c.Response, "p99"), units.Optional(c.ThroughputRPS, units.Number)}
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
		t.AppendRow(table.Row{analysis.RequestName(c.Workload, c.Request), c.Load, c.Model, units.Optional(c.ThroughputRPS, units.Rate),
			percentileText(c.Response, "p50"), percentileText(c.Response, "p90"), percentileText(c.Response, "p99"), percentileText(c.Response, "p999"),
			units.Optional(c.Lag.P99, units.Duration), tax, adds})
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
	ratio = units.Number(r.Ratio) + "×" + units.Interval(r.RatioLow, r.RatioHigh, units.Number) + intervalMark(*r)
	if r.Undecided() {
		return ratio, "none found"
	}
	return ratio, units.Duration(r.Difference)
}

// Print prints the percentile of that name.
func percentileText(p analysis.Percentiles, name string) string {
	v := map[string]*int64{"p50": p.P50, "p90": p.P90, "p99": p.P99, "p999": p.P999, "max": p.Max}[name]
	if v != nil && slices.Contains(p.AtLeast, name) {
		return "≥ " + units.Duration(float64(*v))
	}
	return units.Optional(v, units.Duration)
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
			units.Optional(c.CPUPerRequest, units.Duration), units.Optional(c.ProcessesPerRequest, units.PerRequest),
			units.Optional(c.ConnectionsPerRequest, units.PerRequest), units.Optional(c.FaultsPerRequest, units.Number),
			units.Optional(c.PeakMemory, func(b float64) string { return units.Size(int64(b)) }), c.Errors,
			fmt.Sprintf("%d of %d", c.InvalidBlocks, c.Blocks)}
		if database {
			row = slices.Insert(row, 4, any(units.Optional(c.DatabaseCPU, units.Duration)))
		}
		t.AppendRow(row)
	}
	alignRight(t, 4, len(header))
	return t
}

// refereeTable has a row for each cell that the referee repeated.
func refereeTable(a *analysis.Analysis) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "model", "median", "requests/s", a.Run.RefereeEngine + " CPU", "own CPU", "why"})
	for _, r := range a.Referee {
		t.AppendRow(table.Row{analysis.RequestName(r.Workload, r.Request), r.Load, r.Model, units.WholeChange(r.MedianRatio), units.WholeChange(r.ThroughputRatio),
			units.Duration(float64(r.RefereeCPU)), units.Duration(float64(r.EngineCPU)), r.Why})
	}
	alignRight(t, 4, 7)
	return t
}

// agreed says in a line how far the referee is from what is shown.
func agreed(a *analysis.Analysis) []string {
	if len(a.Referee) == 0 {
		return nil
	}
	within := 0
	low, high := a.Referee[0], a.Referee[0] // each ratio by itself
	for _, r := range a.Referee {
		if analysis.Agree(r.MedianRatio) && analysis.Agree(r.ThroughputRatio) {
			within++
		}
		low.MedianRatio, high.MedianRatio = min(low.MedianRatio, r.MedianRatio), max(high.MedianRatio, r.MedianRatio)
		low.ThroughputRatio = min(low.ThroughputRatio, r.ThroughputRatio)
		high.ThroughputRatio = max(high.ThroughputRatio, r.ThroughputRatio)
	}
	return []string{fmt.Sprintf("The referee, %s, differs from what is shown by %s to %s in medians and %s to %s in "+
		"throughput, and by no more than 5 %% in both in %d of %s; report.md says why for each.", a.Run.RefereeEngine,
		units.WholeChange(low.MedianRatio), units.WholeChange(high.MedianRatio), units.WholeChange(low.ThroughputRatio), units.WholeChange(high.ThroughputRatio), within,
		units.Plural(len(a.Referee), "cell"))}
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
		meaning := meaning(a, c)
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
	return append(all, words(a.Knees)...)
}

// capacity compares how many requests a second one core has CPU for.
func capacity(a *analysis.Analysis, c analysis.Cell) string {
	kept := a.BaselineOf(c)
	if kept == nil || kept.CPUPerRequest == nil || c.CPUPerRequest == nil || *kept.CPUPerRequest == 0 || *c.CPUPerRequest == 0 {
		return ""
	}
	return fmt.Sprintf(" A core has the CPU for %s requests/s, %s for %s.", units.Number(1e9/float64(*c.CPUPerRequest)),
		kept.Model, units.Number(1e9/float64(*kept.CPUPerRequest)))
}

// summary says in one line which run it was.
func summary(a *analysis.Analysis) string {
	parts := []string{
		fmt.Sprintf("run %s", a.Run.ID),
		fmt.Sprintf("%.0f s", a.Run.Seconds),
		fmt.Sprintf("targets started %s", units.Times(a.Run.Groups)),
		fmt.Sprintf("engine %s", strings.Join(a.Engines(), ", ")),
		fmt.Sprintf("seed %d", a.Run.Seed),
		fmt.Sprintf("%s, %d cores", a.Environment.CPU, a.Environment.Cores),
	}
	if s := a.Run.StealShare; s != nil {
		parts = append(parts, "steal "+units.Percent(*s))
	}
	if d := a.Environment.Database; d != nil {
		parts = append(parts, fmt.Sprintf("%s %s", d.Kind, d.Version))
	}
	return strings.Join(parts, " · ")
}
