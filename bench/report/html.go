package report

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

//go:embed html
var pageFiles embed.FS

// page is the report, with all that it shows.
var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"file": func(name string) (string, error) {
		text, err := pageFiles.ReadFile("html/" + name)
		return string(text), err
	},
	"css": func(text string) template.CSS { return template.CSS(text) },
	"js":  func(text string) template.JS { return template.JS(text) },
	// What tells the series with an index from others.
	"series": func(i int) int { return i % colours },
	"dash":   func(i int) int { return i % 4 },
}).ParseFS(pageFiles, "html/page.html"))

// PageFile is one that the page is made of, for other pages; nil if there is none of the name.
func PageFile(name string) []byte {
	text, _ := pageFiles.ReadFile("html/" + name)
	return text
}

// A pageOf is what the page is made of.
type pageOf struct {
	*analysis.Analysis
	Summary     string
	Answer      statement
	Meanings    []statement
	First, Rest []Figure // before and after the tables
	Tables      []grid
	Series      template.JS // of blocks, for the time series
	JSON        template.JS
	Environment []string
}

// A grid is a table of numbers, each with its place in the JSON, and of columns that are defined below.
type grid struct {
	ID, Title, Short string
	Columns          []column
	Rows             [][]number
}

// A column has a name, which may be defined below, and be itself in the JSON, with all that is in the column.
type column struct{ Name, Definition, Place string }

// Number says whether the column is of numbers, which are aligned.
func (c column) Number() bool {
	return c.Definition != "" && c.Definition != "load" && c.Definition != "model" || c.Place != ""
}

type number struct{ Text, Place string }

// numbersAt makes numbers of what is at a place. What is absent has none.
func numbersAt(place string) func(text, field string) number {
	return func(text, field string) number {
		if text == "" || text == units.Absent {
			return number{Text: text}
		}
		return number{text, place + "." + field}
	}
}

// HTML prints the report as one file that needs nothing else: no network, and no folder beside it.
func HTML(w io.Writer, a *analysis.Analysis) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	series, err := json.Marshal(timeSeries(a))
	if err != nil {
		return err
	}
	p := pageOf{Analysis: a, Summary: summary(a), Answer: answer(a), Meanings: statements(withoutIntermediate(a)),
		JSON: template.JS(text), Series: template.JS(series), Environment: surroundings(a, "")}
	p.First, p.Rest = figures(a)
	if a.Check != nil {
		p.Meanings = append(unplaced(checkLines(a.Check)), p.Meanings...)
		p.Tables = append(p.Tables, gatesGrid(a.Check))
	}
	p.Tables = append(p.Tables, responseGrid(a), costGrid(a))
	if r := refereeGrid(a); len(r.Rows) > 0 {
		p.Tables = append(p.Tables, r)
	}
	var all bytes.Buffer
	if err := page.Execute(&all, p); err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	_, err = all.WriteTo(w)
	return err
}

// answer is the run in one sentence: what costs how many times what, the least and the most. Of a suite it is how many times
// as many requests are answered, and of a search up to which rate.
func answer(a *analysis.Analysis) statement {
	if a.Check != nil {
		return statement{Text: checkHeadline(a.Check)}
	}
	metric, verb, times := analysis.MetricResponse, "takes", "times as long as"
	if a.Run.Suite != nil {
		metric, verb, times = analysis.MetricThroughput, "answers", "times as many requests as"
	}
	var found []int // comparisons
	for i, c := range a.Comparisons {
		if c.Metric == metric && c.Baseline == a.Run.Baseline && !c.Undecided() && !slices.Contains(betweenRungs, c.Candidate) {
			found = append(found, i)
		}
	}
	if len(found) == 0 {
		var all statement
		for _, s := range words(a.Knees) {
			all = statement{strings.TrimSpace(all.Text + " " + s.Text), append(all.Places, s.Places...)}
		}
		switch {
		case all.Text != "":
			return all
		case !slices.ContainsFunc(a.Comparisons, func(c analysis.Comparison) bool { return c.Metric == metric && c.Baseline == a.Run.Baseline }):
			return statement{Text: "Nothing was compared with " + a.Run.Baseline + "."}
		}
		return statement{Text: "No difference from " + a.Run.Baseline + " was found."}
	}
	byRatio := func(i, j int) int { return cmp.Compare(a.Comparisons[i].Ratio, a.Comparisons[j].Ratio) }
	place := func(i int) string { return fmt.Sprintf(".comparisons.%d", i) }
	name := func(c analysis.Comparison) string {
		return fmt.Sprintf("%s (%s)", analysis.RequestName(c.Workload, c.Request), c.Load)
	}
	first := slices.MinFunc(found, byRatio)
	least := a.Comparisons[first]
	one := fmt.Sprintf("%s %s %s %s %s for %s", least.Candidate, verb, units.Number(least.Ratio), times, a.Run.Baseline, name(least))
	if len(found) == 1 {
		return statement{one + units.Interval(least.RatioLow, least.RatioHigh, units.Number) + ".", []string{place(first)}}
	}
	last := slices.MaxFunc(found, byRatio)
	most := a.Comparisons[last]
	other := ""
	if most.Candidate != least.Candidate {
		other = most.Candidate + " "
	}
	return statement{fmt.Sprintf("%s, and %s%s times for %s.", one, other, units.Number(most.Ratio), name(most)), []string{place(first), place(last)}}
}

// betweenRungs are the models that are measured for the ladder alone.
var betweenRungs = []string{record.Rungs[1].Model, record.Rungs[2].Model}

// figures are all that there is data for, in the order of the page: first what answers, and then what explains.
func figures(a *analysis.Analysis) (first, rest []Figure) {
	if f := taxFigure(a); f != nil {
		first = append(first, *f)
	}
	for _, f := range []*Figure{ladderFigure(a), waterfallFigure(a)} {
		if f != nil {
			rest = append(rest, *f)
		}
	}
	rest = append(rest, rateFigures(a)...)
	n := 0
	for _, kind := range []string{record.Closed, record.Open} {
		for _, g := range groupsOf(a, kind) {
			if n++; n > mostGroups {
				break
			}
			rest = append(rest, *percentileFigure(a, g, fmt.Sprintf("percentiles-%d", n)), *histogramFigure(a, g, fmt.Sprintf("distribution-%d", n)))
		}
	}
	return first, rest
}

// mostGroups is how many requests at a load have distributions: a search may have visited a hundred rates.
const mostGroups = 16

// A series is a cell's blocks in the order in which they ran.
type series struct {
	Group string    `json:"group"` // what is drawn in one chart
	Name  string    `json:"name"`
	Round []int     `json:"round"`
	P50   []float64 `json:"p50_us"`
}

// mostPoints of a series are drawn: of a longer one every so-many-th.
const mostPoints = 1500

func timeSeries(a *analysis.Analysis) []series {
	all := []series{}
	for _, c := range a.OwnCells() {
		s := series{Group: fmt.Sprintf("%s, %s", analysis.RequestName(c.Workload, c.Request), c.Load), Name: c.Model}
		every := len(c.Samples)/mostPoints + 1
		for i, b := range c.Samples {
			if v, ok := b.Metrics[analysis.MetricResponse]; ok && i%every == 0 {
				s.Round, s.P50 = append(s.Round, b.Round), append(s.P50, units.Thousandths(v/1e3))
			}
		}
		if len(s.Round) > 1 {
			all = append(all, s)
		}
	}
	return all
}

// placeOf is where the cell is in the JSON.
func placeOf(a *analysis.Analysis, c analysis.Cell) string {
	return fmt.Sprintf(".cells.%d", slices.IndexFunc(a.Cells, func(o analysis.Cell) bool { return o.Cell == c.Cell }))
}

// cellNumber is a value of the cell.
func cellNumber(a *analysis.Analysis, c analysis.Cell, text, field string) number {
	return numbersAt(placeOf(a, c))(text, field)
}

// comparisonNumber is a value of the cell's comparison with the baseline. What is no number has no place.
func comparisonNumber(a *analysis.Analysis, c analysis.Cell, text, field string) number {
	i := a.ComparisonIndex(c.Cell, analysis.MetricResponse)
	if i < 0 || !strings.ContainsAny(text, "0123456789") {
		return number{Text: text}
	}
	return numbersAt(fmt.Sprintf(".comparisons.%d", i))(text, field)
}

func responseGrid(a *analysis.Analysis) grid {
	g := grid{ID: "response", Title: "Response times", Short: "Response times", Columns: []column{{Name: "request"}, {Name: "load", Definition: "load"}, {Name: "model", Definition: "model"},
		{Name: "p50", Definition: "percentile"}, {Name: "p90", Definition: "percentile"}, {Name: "p99", Definition: "percentile"}, {Name: "p99.9", Definition: "percentile"}, {Name: "requests/s", Definition: "throughput"}}}
	if a.Run.Suite == nil {
		g.Columns = append(g.Columns, column{Name: "fork tax", Definition: "tax"}, column{Name: "adds", Definition: "tax"})
	}
	for _, c := range a.OwnCells() {
		row := []number{{Text: analysis.RequestName(c.Workload, c.Request)}, {Text: c.Load.String()}, {Text: c.Model},
			cellNumber(a, c, percentileText(c.Response, "p50"), "response_ns.p50"), cellNumber(a, c, percentileText(c.Response, "p90"), "response_ns.p90"),
			cellNumber(a, c, percentileText(c.Response, "p99"), "response_ns.p99"), cellNumber(a, c, percentileText(c.Response, "p999"), "response_ns.p999"),
			cellNumber(a, c, units.Optional(c.ThroughputRPS, units.Number), "throughput_rps")}
		if a.Run.Suite == nil {
			tax, adds := forkTax(a, c)
			row = append(row, comparisonNumber(a, c, tax, "ratio"), comparisonNumber(a, c, adds, "difference"))
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// FormatLog is what a check says besides its verdict.
func checkLines(c *analysis.Check) []string {
	lines := []string{checkTerms(c) + "."}
	if c.Control != nil {
		lines = append(lines, controlText(c.Control))
	}
	for _, line := range analysis.Omissions(c.LeftOut) {
		lines = append(lines, "Left out: "+line+".")
	}
	return slices.Concat(lines, regressionLines(c), undecidedGates(c))
}

func gatesGrid(c *analysis.Check) grid {
	g := grid{ID: "gates", Title: "Gates", Short: "Gates", Columns: []column{{Name: "request"}, {Name: "load", Definition: "load"}, {Name: "gate"}, {Name: "base", Definition: "gate"},
		{Name: "candidate", Definition: "gate"}, {Name: "change", Definition: "change"}, {Name: "limit", Definition: "change"}, {Name: "verdict"}}}
	for i, gate := range c.Gates {
		at := numbersAt(fmt.Sprintf(".check.gates.%d", i))
		g.Rows = append(g.Rows, []number{{Text: analysis.RequestName(gate.Workload, gate.Request)}, {Text: gateLoad(gate)}, {Text: spoken(gate.Metric)},
			at(gateValue(gate, gate.Base), "base"), at(gateValue(gate, gate.Candidate), "candidate"), at(gateChange(gate), "ratio"),
			{"+" + units.Share(c.Margin), ".check.margin"}, {Text: gate.Verdict}})
	}
	for _, l := range c.LeftOut {
		g.Rows = append(g.Rows, []number{{}, {}, {Text: spoken(l.Gate)}, {Text: units.Absent}, {Text: units.Absent}, {Text: units.Absent},
			{Text: units.Absent}, {Text: analysis.GateLeftOut}})
	}
	return g
}

func costGrid(a *analysis.Analysis) grid {
	g := grid{ID: "cost", Title: "What a request costs the server", Short: "Costs", Columns: []column{{Name: "request"}, {Name: "load", Definition: "load"}, {Name: "model", Definition: "model"},
		{Name: "CPU", Definition: "cpu"}, {Name: "of it database", Definition: "cpu"}, {Name: "processes", Definition: "processes"}, {Name: "connections", Definition: "connections"}, {Name: "page faults", Definition: "faults"},
		{Name: "peak memory", Definition: "memory"}, {Name: "errors", Definition: "errors"}, {Name: "invalid", Definition: "invalid"}}}
	for _, c := range a.OwnCells() {
		g.Rows = append(g.Rows, []number{{Text: analysis.RequestName(c.Workload, c.Request)}, {Text: c.Load.String()}, {Text: c.Model},
			cellNumber(a, c, units.Optional(c.CPUPerRequest, units.Duration), "cpu_ns_per_request"),
			cellNumber(a, c, units.Optional(c.DatabaseCPU, units.Duration), "database_cpu_ns_per_request"),
			cellNumber(a, c, units.Optional(c.ProcessesPerRequest, units.PerRequest), "processes_per_request"),
			cellNumber(a, c, units.Optional(c.ConnectionsPerRequest, units.PerRequest), "connections_per_request"),
			cellNumber(a, c, units.Optional(c.FaultsPerRequest, units.Number), "page_faults_per_request"),
			cellNumber(a, c, units.Optional(c.PeakMemory, func(b float64) string { return units.Size(int64(b)) }), "peak_memory_bytes"),
			cellNumber(a, c, fmt.Sprint(c.Errors), "errors"),
			cellNumber(a, c, fmt.Sprintf("%d of %d", c.InvalidBlocks, c.Blocks), "invalid_blocks")})
	}
	return g
}

func refereeGrid(a *analysis.Analysis) grid {
	g := grid{ID: "referee", Title: "The referee: another client that repeats a part of the closed loops", Short: "Referee",
		Columns: []column{{Name: "request"}, {Name: "load", Definition: "load"}, {Name: "model", Definition: "model"}, {Name: "median", Definition: "referee"}, {Name: "throughput", Definition: "referee"}, {Name: "why"}}}
	for i, r := range a.Referee {
		at := numbersAt(fmt.Sprintf(".referee.%d", i))
		g.Rows = append(g.Rows, []number{{Text: analysis.RequestName(r.Workload, r.Request)}, {Text: r.Load.String()}, {Text: r.Model},
			at(units.WholeChange(r.MedianRatio), "median_ratio"), at(units.WholeChange(r.ThroughputRatio), "throughput_ratio"), {Text: r.Why}})
	}
	return g
}
