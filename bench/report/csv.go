package report

import (
	"encoding/csv"
	"io"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
)

// CSV prints a row for each cell, the cross-check's too, as RFC 4180 has it. A value that is not known is empty.
// Text that a spreadsheet would take for a formula has an apostrophe before it.
func CSV(w io.Writer, a *analysis.Analysis) error {
	a = respell(a, inCell)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	var heads []string
	rows := make([][]string, len(a.Cells))
	for _, c := range cellColumns {
		if c.In&inCSV == 0 {
			continue
		}
		heads = append(heads, c.csvName())
		for i, cell := range a.Cells {
			rows[i] = append(rows[i], foreign.Text(c.exact(a, cell)))
		}
	}
	return out.WriteAll(append([][]string{heads}, rows...))
}
