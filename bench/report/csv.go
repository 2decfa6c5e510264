package report

import (
	"encoding/csv"
	"io"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
)

// CSV prints a row for each cell, including the cross-check's, in the format of RFC 4180. An unknown value is empty.
// Text that a spreadsheet would interpret as a formula is prefixed with an apostrophe.
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
