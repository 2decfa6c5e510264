package report

import (
	"io"

	"forktax/bench/analysis"
)

// Bencher prints the Bencher Metric Format, https://bencher.dev/docs/reference/bencher-metric-format, which
// bencher run --adapter json reads. Its latency is our response time. Bencher leaves out the cross-check's cells.
func Bencher(w io.Writer, a *analysis.Analysis) error {
	all := map[string]map[string]exportValue{}
	for _, c := range respell(a, inLine).OwnCells() {
		measures := map[string]exportValue{}
		for _, v := range exportValues(c) {
			measures[metrics[v.metric].bencher] = v
		}
		if len(measures) > 0 {
			all[benchName(c.Cell)] = measures
		}
	}
	return indented(w, all)
}
