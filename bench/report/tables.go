package report

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"forktax/bench"
)

// The tables that the text and Markdown formats share.

// taxTable has a row for each pair of twins: what the baseline and the candidate take, and the fork tax.
func taxTable(a *Analysis) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "model", "p50", "p90", "p99", "requests/s", "fork tax", "adds"})
	for _, c := range a.Cells {
		tax, adds := "", ""
		if r := a.comparison(c.Cell, MetricResponse); r != nil {
			tax = three(r.Ratio) + "×" + between(r.RatioLow, r.RatioHigh, three)
			adds = duration(r.Difference)
		}
		t.AppendRow(table.Row{c.Workload + "/" + c.Request, c.Load, c.Model,
			optional(c.Response.P50, duration), optional(c.Response.P90, duration), optional(c.Response.P99, duration),
			optional(c.ThroughputRPS, three), tax, adds})
	}
	alignRight(t, 4, 9)
	return t
}

// costTable has a row for each cell: what a request costs the server.
func costTable(a *Analysis) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "model", "CPU", "processes", "connections", "page faults", "peak memory",
		"errors"})
	for _, c := range a.Cells {
		t.AppendRow(table.Row{c.Workload + "/" + c.Request, c.Load, c.Model,
			optional(c.CPUPerRequest, duration), optional(c.ProcessesPerRequest, perRequest),
			optional(c.ConnectionsPerRequest, perRequest), optional(c.FaultsPerRequest, three),
			optional(c.PeakMemory, func(b float64) string { return size(int64(b)) }), c.Errors})
	}
	alignRight(t, 4, 9)
	return t
}

func alignRight(t table.Writer, from, to int) {
	var columns []table.ColumnConfig
	for n := from; n <= to; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
}

// comparison finds what the cell was compared by, as the candidate.
func (a *Analysis) comparison(c bench.Cell, metric string) *Comparison {
	for i, r := range a.Comparisons {
		if r.Workload == c.Workload && r.Request == c.Request && r.Engine == c.Engine && r.Load == c.Load &&
			r.Candidate == c.Model && r.Metric == metric {
			return &a.Comparisons[i]
		}
	}
	return nil
}

// cell finds a cell of the analysis.
func (a *Analysis) cell(c bench.Cell) *Cell {
	for i := range a.Cells {
		if a.Cells[i].Cell == c {
			return &a.Cells[i]
		}
	}
	return nil
}

// meanings says in a sentence for each request what its fork tax means, at the first load that it was given.
func meanings(a *Analysis) []string {
	var lines []string
	told := map[[3]string]bool{}
	for _, c := range a.Cells {
		key := [3]string{c.Workload, c.Request, c.Model}
		r := a.comparison(c.Cell, MetricResponse)
		if r == nil || told[key] {
			continue
		}
		told[key] = true
		line := fmt.Sprintf("%s/%s, %s: %s adds %s%s to each request.", c.Workload, c.Request, c.Load, c.Model,
			duration(r.Difference), between(r.DifferenceLow, r.DifferenceHigh, duration))
		lines = append(lines, line+capacity(a, c))
	}
	return lines
}

// capacity compares how many requests a second one core has CPU for.
func capacity(a *Analysis, c Cell) string {
	twin := c.Cell
	twin.Model = bench.Baseline
	kept := a.cell(twin)
	if kept == nil || kept.CPUPerRequest == nil || c.CPUPerRequest == nil || *kept.CPUPerRequest == 0 || *c.CPUPerRequest == 0 {
		return ""
	}
	return fmt.Sprintf(" A core has the CPU for %s requests/s, %s for %s.", three(1e9/float64(*c.CPUPerRequest)), twin.Model,
		three(1e9/float64(*kept.CPUPerRequest)))
}

// summary says in one line which run it was.
func summary(a *Analysis) string {
	parts := []string{
		fmt.Sprintf("run %s", a.Run.ID),
		fmt.Sprintf("%.0f s", a.Run.Seconds),
		fmt.Sprintf("%d rounds, targets started %d times", a.Run.Rounds, a.Run.Groups),
		fmt.Sprintf("seed %d", a.Run.Seed),
		fmt.Sprintf("%s, %d cores", a.Environment.CPU, a.Environment.Cores),
	}
	return strings.Join(parts, " · ")
}
