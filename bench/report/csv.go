package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"forktax/bench/analysis"
)

// columns of the CSV: what each is called, with its unit, and what stands in it. A value that is not known is empty.
var columns = []struct {
	name  string
	value func(r analysis.Run, c analysis.Cell) string
}{
	{"run", func(r analysis.Run, _ analysis.Cell) string { return r.ID }},
	{"incomplete", func(r analysis.Run, _ analysis.Cell) string { return r.Condition }}, // why the run is; empty if it is not
	{"workload", func(_ analysis.Run, c analysis.Cell) string { return c.Workload }},
	{"request", func(_ analysis.Run, c analysis.Cell) string { return c.Request }},
	{"model", func(_ analysis.Run, c analysis.Cell) string { return c.Model }},
	{"engine", func(_ analysis.Run, c analysis.Cell) string { return c.Engine }},
	{"load", func(_ analysis.Run, c analysis.Cell) string { return c.Load.Kind }},
	{"concurrency", func(_ analysis.Run, c analysis.Cell) string { return strconv.Itoa(c.Load.Concurrency) }},
	{"rate_rps", func(_ analysis.Run, c analysis.Cell) string { return exact(&c.Load.RateRPS) }},
	{"arrivals", func(_ analysis.Run, c analysis.Cell) string { return c.Load.Arrivals }},
	{"connections_anew", func(_ analysis.Run, c analysis.Cell) string { return strconv.FormatBool(c.Load.NoReuse) }},
	{"blocks", func(_ analysis.Run, c analysis.Cell) string { return strconv.Itoa(c.Blocks) }},
	{"invalid_blocks", func(_ analysis.Run, c analysis.Cell) string { return strconv.Itoa(c.InvalidBlocks) }},
	{"requests", func(_ analysis.Run, c analysis.Cell) string { return strconv.Itoa(c.Requests) }},
	{"errors", func(_ analysis.Run, c analysis.Cell) string { return strconv.Itoa(c.Errors) }},
	{"response_p50_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Response.P50) }},
	{"response_p90_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Response.P90) }},
	{"response_p99_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Response.P99) }},
	{"response_p999_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Response.P999) }},
	{"response_max_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Response.Max) }},
	{"response_at_least", func(_ analysis.Run, c analysis.Cell) string { return strings.Join(c.Response.AtLeast, " ") }},
	{"service_p50_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Service.P50) }},
	{"service_p90_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Service.P90) }},
	{"service_p99_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Service.P99) }},
	{"lag_p50_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Lag.P50) }},
	{"lag_p99_ns", func(_ analysis.Run, c analysis.Cell) string { return whole(c.Lag.P99) }},
	{"throughput_rps", func(_ analysis.Run, c analysis.Cell) string { return exact(c.ThroughputRPS) }},
	{"overloaded", func(_ analysis.Run, c analysis.Cell) string { return strconv.FormatBool(c.Overloaded) }},
	{"cpu_ns_per_request", func(_ analysis.Run, c analysis.Cell) string { return whole(c.CPUPerRequest) }},
	{"database_cpu_ns_per_request", func(_ analysis.Run, c analysis.Cell) string { return whole(c.DatabaseCPU) }},
	{"generator_cpu_ns_per_request", func(_ analysis.Run, c analysis.Cell) string { return whole(c.GeneratorCPU) }},
	{"processes_per_request", func(_ analysis.Run, c analysis.Cell) string { return exact(c.ProcessesPerRequest) }},
	{"connections_per_request", func(_ analysis.Run, c analysis.Cell) string { return exact(c.ConnectionsPerRequest) }},
	{"page_faults_per_request", func(_ analysis.Run, c analysis.Cell) string { return exact(c.FaultsPerRequest) }},
	{"peak_memory_bytes", func(_ analysis.Run, c analysis.Cell) string { return whole(c.PeakMemory) }},
}

// CSV prints a row for each cell, the cross-check's too, as RFC 4180 has it.
func CSV(w io.Writer, a *analysis.Analysis) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	out.Write(row) // an error is kept until the end
	for _, cell := range a.Cells {
		for i, c := range columns {
			row[i] = c.value(a.Run, cell)
		}
		out.Write(row)
	}
	out.Flush()
	return out.Error()
}

func whole(v *int64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatInt(*v, 10)
}

func exact(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}
