package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"forktax/bench/plan"
)

// The tables that the text and Markdown formats share.

// firstLoads takes the cells of the first load of each request: what a request costs depends little on the load.
func firstLoads(cells []Cell) []Cell {
	first := map[[2]string]plan.Load{}
	var kept []Cell
	for _, c := range cells {
		key := [2]string{c.Workload, c.Request}
		if _, ok := first[key]; !ok {
			first[key] = c.Load
		}
		if first[key] == c.Load {
			kept = append(kept, c)
		}
	}
	return kept
}

// ownCells lists all cells without those that only check the others: of the referee, and of a check's control.
func (a *Analysis) ownCells() []Cell { return append(a.own(plan.Closed), a.own(plan.Open)...) }

// own lists the cells of a kind of load, without those that only check the others.
func (a *Analysis) own(kind string) []Cell {
	var cells []Cell
	for _, c := range a.Cells {
		if c.Load.Kind == kind && c.Engine != a.Run.RefereeEngine && (a.Run.Control == "" || c.Model != a.Run.Control) {
			cells = append(cells, c)
		}
	}
	return cells
}

// closedTable has a row for each cell in a closed loop: what the baseline and the candidate take, and the fork tax.
func closedTable(a *Analysis) table.Writer {
	t := table.NewWriter()
	header := table.Row{"request", "load", "model", "p50", "p90", "p99", "requests/s"}
	if a.Run.Suite == nil { // which has a table of its own for what is compared, and no models
		header = append(header, "fork tax", "adds")
	}
	t.AppendHeader(header)
	for _, c := range a.own(plan.Closed) {
		row := table.Row{requestName(c.Workload, c.Request), c.Load, c.Model, c.Response.print("p50"), c.Response.print("p90"),
			c.Response.print("p99"), optional(c.ThroughputRPS, three)}
		if a.Run.Suite == nil {
			tax, adds := a.tax(c)
			row = append(row, tax, adds)
		}
		t.AppendRow(row)
	}
	alignRight(t, 4, 9)
	return t
}

// openTable has a row for each cell in an open loop: the rate that was planned and the one that was reached.
func openTable(a *Analysis) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "planned", "model", "reached", "p50", "p90", "p99", "p99.9", "lag p99", "fork tax", "adds"})
	for _, c := range a.own(plan.Open) {
		tax, adds := a.tax(c)
		t.AppendRow(table.Row{requestName(c.Workload, c.Request), c.Load, c.Model, optional(c.ThroughputRPS, rate),
			c.Response.print("p50"), c.Response.print("p90"), c.Response.print("p99"), c.Response.print("p999"),
			optional(c.Lag.P99, duration), tax, adds})
	}
	alignRight(t, 4, 11)
	return t
}

// tax says what a cell's model costs over the baseline in response time: the ratio, and the difference.
func (a *Analysis) tax(c Cell) (ratio, difference string) {
	if a.overloaded(c) {
		return "overload", ""
	}
	r := a.comparison(c.Cell, MetricResponse)
	if r == nil {
		return "", ""
	}
	ratio = three(r.Ratio) + "×" + between(r.RatioLow, r.RatioHigh, three) + r.mark()
	if r.undecided() {
		return ratio, "none found"
	}
	return ratio, duration(r.Difference)
}

// print prints the percentile of that name.
func (p Percentiles) print(name string) string {
	v := map[string]*int64{"p50": p.P50, "p90": p.P90, "p99": p.P99, "p999": p.P999, "max": p.Max}[name]
	if v != nil && slices.Contains(p.AtLeast, name) {
		return "≥ " + duration(float64(*v))
	}
	return optional(v, duration)
}

// costTable has a row for each of the cells: what a request costs the server, and its database server if there is one.
func costTable(cells []Cell) table.Writer {
	t := table.NewWriter()
	header := table.Row{"request", "load", "model", "CPU", "processes", "connections", "page faults", "peak memory", "errors",
		"invalid"}
	database := slices.ContainsFunc(cells, func(c Cell) bool { return c.DatabaseCPU != nil })
	if database {
		header = slices.Insert(header, 4, any("of it database"))
	}
	t.AppendHeader(header)
	for _, c := range cells {
		row := table.Row{requestName(c.Workload, c.Request), c.Load, c.Model,
			optional(c.CPUPerRequest, duration), optional(c.ProcessesPerRequest, perRequest),
			optional(c.ConnectionsPerRequest, perRequest), optional(c.FaultsPerRequest, three),
			optional(c.PeakMemory, func(b float64) string { return size(int64(b)) }), c.Errors,
			fmt.Sprintf("%d of %d", c.InvalidBlocks, c.Blocks)}
		if database {
			row = slices.Insert(row, 4, any(optional(c.DatabaseCPU, duration)))
		}
		t.AppendRow(row)
	}
	alignRight(t, 4, len(header))
	return t
}

// refereeTable has a row for each cell that the referee repeated.
func refereeTable(a *Analysis) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "model", "median", "requests/s", a.Run.RefereeEngine + " CPU", "own CPU", "why"})
	for _, r := range a.Referee {
		t.AppendRow(table.Row{requestName(r.Workload, r.Request), r.Load, r.Model, signed(r.MedianRatio), signed(r.ThroughputRatio),
			duration(float64(r.RefereeCPU)), duration(float64(r.EngineCPU)), r.Why})
	}
	alignRight(t, 4, 7)
	return t
}

// agreed says in a line how far the referee is from what is shown.
func agreed(a *Analysis) []string {
	if len(a.Referee) == 0 {
		return nil
	}
	within := 0
	low, high := a.Referee[0], a.Referee[0] // each ratio by itself
	for _, r := range a.Referee {
		if agree(r.MedianRatio) && agree(r.ThroughputRatio) {
			within++
		}
		low.MedianRatio, high.MedianRatio = min(low.MedianRatio, r.MedianRatio), max(high.MedianRatio, r.MedianRatio)
		low.ThroughputRatio = min(low.ThroughputRatio, r.ThroughputRatio)
		high.ThroughputRatio = max(high.ThroughputRatio, r.ThroughputRatio)
	}
	return []string{fmt.Sprintf("The referee, %s, differs from what is shown by %s to %s in medians and %s to %s in "+
		"throughput, and by no more than 5 %% in both in %d of %s; report.md says why for each.", a.Run.RefereeEngine,
		signed(low.MedianRatio), signed(high.MedianRatio), signed(low.ThroughputRatio), signed(high.ThroughputRatio), within,
		several(len(a.Referee), "cell"))}
}

// signed prints a ratio as a change: +12 %.
func signed(ratio float64) string {
	sign := ""
	change := math.Round((ratio - 1) * 100)
	switch {
	case change < 0:
		sign = "−"
	case change > 0:
		sign = "+"
	}
	return fmt.Sprintf("%s%.0f %%", sign, math.Abs(change))
}

// requestName names a request; that of a workload with just one often has the same name.
func requestName(workload, request string) string {
	if workload == request {
		return workload
	}
	return workload + "/" + request
}

func alignRight(t table.Writer, from, to int) {
	var columns []table.ColumnConfig
	for n := from; n <= to; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
}

// comparison finds what the cell was compared by with the run's baseline, as the candidate.
func (a *Analysis) comparison(c plan.Cell, metric string) *Comparison {
	if i := a.compared(c, metric); i >= 0 {
		return &a.Comparisons[i]
	}
	return nil
}

// compared is the index of that comparison, or −1.
func (a *Analysis) compared(c plan.Cell, metric string) int {
	return slices.IndexFunc(a.Comparisons, func(r Comparison) bool { return r.of(c) && r.Baseline == a.Run.Baseline && r.Metric == metric })
}

// of says whether the cell is the candidate.
func (c Comparison) of(cell plan.Cell) bool {
	return c.Workload == cell.Workload && c.Request == cell.Request && c.Engine == cell.Engine && c.Load == cell.Load &&
		c.Candidate == cell.Model
}

// cell finds a cell of the analysis.
func (a *Analysis) cell(c plan.Cell) *Cell {
	for i := range a.Cells {
		if a.Cells[i].Cell == c {
			return &a.Cells[i]
		}
	}
	return nil
}

// twin finds the cell of the baseline that is otherwise the same.
func (a *Analysis) twin(c Cell) *Cell {
	twin := c.Cell
	twin.Model = a.Run.Baseline
	return a.cell(twin)
}

// meanings says in a sentence for each request what its fork tax means, at the first load that it was given, and up to
// which rate it meets the objective.
func meanings(a *Analysis) []string {
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

func statements(a *Analysis) []statement {
	if a.Run.Suite != nil { // whose contenders are no models, and add nothing to each other
		return nil
	}
	var all []statement
	told := map[[3]string]bool{}
	for _, c := range a.ownCells() {
		key := [3]string{c.Workload, c.Request, c.Model}
		meaning := a.meaning(c)
		if meaning == "" || told[key] {
			continue
		}
		told[key] = true
		s := statement{Text: fmt.Sprintf("%s, %s: %s.%s%s", requestName(c.Workload, c.Request), c.Load, meaning, a.parts(c), capacity(a, c))}
		if i := a.compared(c.Cell, MetricResponse); i >= 0 {
			s.Places = []string{fmt.Sprintf(".comparisons.%d", i)}
		}
		all = append(all, s)
	}
	return append(all, words(a.Knees)...)
}

// capacity compares how many requests a second one core has CPU for.
func capacity(a *Analysis, c Cell) string {
	kept := a.twin(c)
	if kept == nil || kept.CPUPerRequest == nil || c.CPUPerRequest == nil || *kept.CPUPerRequest == 0 || *c.CPUPerRequest == 0 {
		return ""
	}
	return fmt.Sprintf(" A core has the CPU for %s requests/s, %s for %s.", three(1e9/float64(*c.CPUPerRequest)),
		kept.Model, three(1e9/float64(*kept.CPUPerRequest)))
}

// engines lists what offered the load.
func (a *Analysis) engines() []string {
	var names []string
	for _, c := range a.ownCells() {
		names = append(names, c.Engine)
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// summary says in one line which run it was.
func summary(a *Analysis) string {
	parts := []string{
		fmt.Sprintf("run %s", a.Run.ID),
		fmt.Sprintf("%.0f s", a.Run.Seconds),
		fmt.Sprintf("targets started %s", times(a.Run.Groups)),
		fmt.Sprintf("engine %s", strings.Join(a.engines(), ", ")),
		fmt.Sprintf("seed %d", a.Run.Seed),
		fmt.Sprintf("%s, %d cores", a.Environment.CPU, a.Environment.Cores),
	}
	if s := a.Run.StealShare; s != nil {
		parts = append(parts, "steal "+percent(*s))
	}
	if d := a.Environment.Database; d != nil {
		parts = append(parts, fmt.Sprintf("%s %s", d.Kind, d.Version))
	}
	return strings.Join(parts, " · ")
}
