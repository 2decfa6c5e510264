package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// Bench prints the Go benchmark format (https://golang.org/design/14313-benchmark-format), which benchstat reads: a
// line for each valid block, so that the sampling unit is the block, as in forktax. benchstat does not use the pairing,
// so it detects less. Bench leaves out the cells of the cross-check and of the floor. The floor has one model, so
// benchstat would print a column or a row that is compared with nothing.
func Bench(w io.Writer, a *analysis.Analysis) error {
	p := printer{w: w}
	a = respell(a, inLine)
	if !a.Run.Complete { // in a line that readers of the format ignore
		p.line("# incomplete: %s", a.Run.Condition)
	}
	p.line("goos: %s\ngoarch: %s\npkg: forktax\ncpu: %s", a.Environment.OS, a.Environment.Arch,
		strings.Join(strings.Fields(a.Environment.CPU), " "))
	p.line("Unit req/s better=higher")
	engine := ""
	for _, c := range a.OwnCells() {
		switch {
		case c.Histogram == nil:
			return errNoBlocks
		case c.Workload == a.Run.Floor:
			continue
		}
		if c.Engine != engine { // benchstat separates lines with different configurations
			engine = c.Engine
			p.line("engine: %s", engine)
		}
		for _, s := range c.Samples {
			if line := benchLine(c, s); line != "" {
				p.line("BenchmarkForktax/%s %d%s", benchName(c.Cell), s.Requests, line)
			}
		}
	}
	return p.err
}

// benchLine returns the values of a line, each after a space; "" if there are none.
func benchLine(c analysis.Cell, s analysis.Sample) (line string) {
	for _, metric := range []string{analysis.MetricResponse, analysis.MetricCPU, analysis.MetricResponse90,
		analysis.MetricThroughput} {
		isResponse := metric == analysis.MetricResponse || metric == analysis.MetricResponse90
		if v, ok := s.Metrics[metric]; ok && !(isResponse && c.Overloaded) {
			line += " " + exact.print(units.Thousandths(v)) + " " + metrics[metric].bench
		}
	}
	return line
}

// benchName names a cell by keys and values, which benchstat can select: benchstat -col /model. It ends with a key and
// a number: a name that ended in "-" and a number would be read as a name with GOMAXPROCS.
func benchName(c record.Cell) string {
	parts := []string{"workload=" + benchWord(c.Workload), "request=" + benchWord(c.Request),
		"model=" + benchWord(c.Model)}
	if c.Load.NoReuse {
		parts = append(parts, "connections=anew")
	}
	if c.Load.Kind == record.Closed {
		return strings.Join(append(parts, fmt.Sprintf("clients=%d", c.Load.Concurrency)), "/")
	}
	if c.Load.Arrivals != "" {
		parts = append(parts, "arrivals="+benchWord(c.Load.Arrivals))
	}
	parts = append(parts, fmt.Sprintf("most=%d", c.Load.Concurrency),
		"rate="+strconv.FormatFloat(c.Load.RateRPS, 'f', -1, 64))
	return strings.Join(parts, "/")
}

// benchWord replaces characters that would end a name or a part of it.
func benchWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, s)
}
