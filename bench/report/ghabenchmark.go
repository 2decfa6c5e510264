package report

import (
	"fmt"
	"io"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// A ghaEntry is one line of a chart of github-action-benchmark.
type ghaEntry struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range,omitempty"` // shown unchanged
	Extra string  `json:"extra,omitempty"` // shown unchanged
}

// GHABenchmark prints the customSmallerIsBetter format of https://github.com/benchmark-action/github-action-benchmark:
// response times and CPU time per request. It leaves out throughput, where more is better, and the cross-check's cells.
func GHABenchmark(w io.Writer, a *analysis.Analysis) error {
	a = respell(a, inLine)
	entries := []ghaEntry{}
	about := "run " + a.Run.ID
	if !a.Run.Complete {
		about += ", incomplete: " + a.Run.Condition
	}
	for _, c := range a.OwnCells() {
		for _, v := range exportValues(c) {
			if v.metric == analysis.MetricThroughput {
				continue
			}
			e := ghaEntry{Name: c.String() + ": " + spoken(v.metric), Unit: "ns", Value: v.Value,
				Extra: fmt.Sprintf("%s, %s, %s", about, basis(c), a.Environment.CPU)}
			if v.Low != nil {
				e.Range = fmt.Sprintf("%s to %s", units.Duration(*v.Low), units.Duration(*v.High))
			}
			entries = append(entries, e)
		}
	}
	return indented(w, entries)
}

// basis describes the sample of a cell: the number of requests in its percentiles, and the number of invalid blocks.
func basis(c analysis.Cell) string {
	valid := int64(0)
	for _, n := range c.Distribution.Counts {
		valid += n
	}
	text := fmt.Sprintf("%d valid requests of %d in %s", valid, c.Requests, units.Plural(c.Blocks, "block"))
	if c.InvalidBlocks > 0 {
		text += fmt.Sprintf(", %d of them invalid", c.InvalidBlocks)
	}
	return text
}
