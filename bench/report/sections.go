package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/record"
)

// Text prints the whole report as text: traps and the check, if any, the tables, a summary, and the warnings.
func Text(w io.Writer, a *analysis.Analysis) error { return Details(w, a, Terminal{}) }

func (p *printer) text(a *analysis.Analysis) {
	p.headline(a)
	if a.Check != nil {
		p.check(a.Check)
		p.line("")
	}
	p.sentence("", summary(a))
	for _, s := range sections(a, true) {
		p.section(s)
	}
	p.list("Summary", append(texts(statements(withoutIntermediate(a))), crossCheckSummary(a)...))
	p.list("Warnings", warnings(a, "%s: %s; %s."))
}

// Markdown prints the whole report, including comparisons by other metrics and the environment.
func Markdown(w io.Writer, a *analysis.Analysis) error {
	p := printer{w: w, markdown: true}
	a = respell(a, inMarkdown)
	if a.Check != nil {
		p.line("# forktax check: %s\n", a.Check.Verdict)
		p.headline(a)
		p.check(a.Check)
		p.line("")
	}
	p.line("# forktax: overhead of a process per request\n")
	if a.Check == nil {
		p.headline(a)
	}
	p.line("%s", summary(a))
	for _, w := range warnings(a, "\n> **%s**: %s; %s.") {
		p.line("%s", w)
	}
	p.list("Summary", append(texts(statements(a)), crossCheckSummary(a)...))
	for _, s := range sections(a, false) {
		p.section(s)
	}
	var variants []string
	for _, v := range a.Run.Variants {
		variants = append(variants, fmt.Sprintf("%s: %s", v.Name, analysis.FormatVariant(v)))
	}
	p.list("Variants", variants)
	p.list("Environment", surroundings(a))
	return p.err
}

// AppendMarkdown appends the report as Markdown to a file, which may have text of other steps.
func AppendMarkdown(name string, a *analysis.Analysis) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(Markdown(f, a), f.Close())
}

// warnings formats the warnings that are not traps: code, text and advice.
func warnings(a *analysis.Analysis, format string) (lines []string) {
	for _, w := range a.Warnings {
		if !w.Trap {
			lines = append(lines, fmt.Sprintf(format, w.Code, w.Text, w.Advice))
		}
	}
	return lines
}

// sections returns all tables of a run, in the order in which formats print them. For a screen it leaves out the
// intermediate models, which have their own table, and the costs at loads after the first.
func sections(a *analysis.Analysis, screen bool) []section {
	costs := a.OwnCells()
	if screen {
		a = withoutIntermediate(a)
		costs = analysis.FirstLoads(a.OwnCells())
	}
	loops, rates := a.CellsOf(record.Closed), a.CellsOf(record.Open)
	suite, closed := section{}, section{Title: "Response time in closed loops", Chapter: "Response time in closed loops",
		About: "Percentiles are exact nearest ranks over all correct responses.", Table: cellTable(a, inClosed, loops)}
	notes := footnotes(a, loops, mainMetric(a))
	if a.Run.Suite != nil {
		if len(loops) == 0 {
			loops = rates
		}
		suite = section{Title: aboutSuite(a), Chapter: "Suite " + a.Run.Suite.Name,
			About: aboutSuite(a) + "." + aboutGroups(a.Run.Suite), Table: suiteTable(a, loops), Notes: notes}
	} else {
		closed.Title += ", and the fork tax on its median (95% CI over pairs, or over starts if wider)"
		closed.About += " The fork tax is the ratio of\nthe medians, with its 95% CI: over pairs of blocks, or over " +
			"starts of the targets if that is wider."
		closed.Notes = notes
	}
	return []section{
		suite, closed,
		{ID: "cold", Title: "Starts with the program's files in the page cache (warm) and evicted from it (cold)",
			Chapter: "Cold and warm starts", Page: "Cold and warm starts", Short: "Cold starts",
			About: "Cold and warm starts alternated. Before a cold start the program's files were evicted from the page cache.",
			Table: makeTable(a, coldColumns, 0, a.ColdStarts, placeIn(".cold_starts", a.ColdStarts))},
		{Title: "Response time at a rate, and the fork tax on its median", Chapter: "Response time at a rate",
			About: "Requests arrive by a plan, independent of the server. Response times are from the intended send " +
				"time.\nLag " +
				"is the delay of the load generator.",
			Table: cellTable(a, inOpen, rates), Notes: footnotes(a, rates, analysis.MetricResponse)},
		{ID: "response", Page: "Response times", Short: "Response times", Table: cellTable(a, inResponses, a.OwnCells()),
			Notes: footnotes(a, a.OwnCells(), analysis.MetricResponse)},
		{ID: "cost", Title: "Server cost per request", Chapter: "Server cost per request",
			Page: "Server cost per request", Short: "Costs", Table: cellTable(a, inCosts, costs),
			About: "Cost of the server and of the children that it waited for. Invalid blocks are excluded from comparisons."},
		{Title: "Phases of a request (medians)", Chapter: "Phases of a request",
			About: "Medians of consecutive phases; docs/methodology.md defines them. The time outside of the phases is the\n" +
				"network, HTTP, and the client.",
			Table: phasesTable(a), Drawing: waterfalls(a)},
		{Title: "CPU time per request over the first n requests of a resident process, its start-up included",
			Chapter: "Start-up cost and break-even",
			About: "CPU time per request over the first n requests of a resident process, its start-up included.\n" +
				"The break-even is the number of requests from which that is at most the CPU time of a CGI request.",
			Table: makeTable(a, startUpColumns(), 0, a.StartUps, nil)},
		{ID: "start-up", Chapter: "Start-up curve", Page: "Start-up curve", Short: "Start-up",
			Table: pointsTable(a, a.StartUps),
			About: "Cost of a fresh resident process after its first n requests, sent by one client: medians over starts."},
		{ID: "warm-up", Chapter: "Warm-up", Page: "Warm-up", Short: "Warm-up",
			Table: makeTable(a, warmUpColumns, 0, a.WarmUps, placeIn(".warm_up", a.WarmUps)),
			About: "Requests before the first block of each start of a resident target, until response times were steady.\n" +
				"They are excluded from all other tables."},
		{Title: "Added median response time when a resource is not reused (95% CI)",
			Table: reuseTable(a)},
		{Chapter: "Reuse levels", Table: stepsTable(a),
			About: "From the model that keeps everything to the model that keeps nothing: the resource that is not reused,\n" +
				"and what that adds to the median, by the client's clock and by the sum of the phases that the\nservers report."},
		{ID: "recycling", Title: "CPU time of a request by processes that serve several", Chapter: "Recycled processes",
			Page: "Recycled processes", Short: "Recycling",
			Table: recyclingTable(a),
			About: "Fit of a + b/N to the CPU time of a request by processes that serve N requests: a is the request of a\n" +
				"process that is kept, b its start and end."},
		{Chapter: "Recycled processes: points", Table: recyclePoints(a),
			About: "Measured and fitted CPU time of a request, by the number of requests that a process serves."},
		{Chapter: "Cost at a rate", Table: makeTable(a, decisionColumns(), 0, a.Decisions, nil),
			About: "Shares of a core, from the CPU time per request at the first load, and how much of the fork tax each\n" +
				"measure would remove. The savings overlap. A connection pooler removes less, or nothing, if clients\n" +
				"authenticate to it with SCRAM; docs/methodology.md has an example."},
		{ID: "responses", Title: "Requests and responses", Chapter: "Requests and responses",
			Page: "Requests and responses", Short: "Responses", Table: responsesTable(a),
			About: "Before measuring, each request was sent to each model, and the responses were compared."},
		{ID: "sharing", Title: "What it costs that generator and targets share cores", Chapter: "Sharing cores",
			Page: "Sharing cores", Short: "Sharing",
			Table: makeTable(a, sharingColumns, 0, a.Sharing, placeIn(".sharing", a.Sharing)),
			About: "Starts in which the load generator and the targets have cores of their own, as in all other tables,\n" +
				"alternated with starts in which they share all cores. The ratio is that of the latter over the former."},
		{ID: "cross-check", Chapter: "Cross-check", Page: "Cross-check: an independent client repeats some of the " +
			"closed loops",
			Short: "Cross-check",
			Table: makeTable(a, agreementColumns, 0, a.CrossChecks, placeIn(".cross_check", a.CrossChecks)),
			About: "An independent client repeats some of the closed loops; the table has its difference from the load engine."},
		{Chapter: "Comparisons", Table: comparisonTable(a, a.Comparisons),
			About: "Hodges-Lehmann estimate and the wider of two intervals of the signed-rank test: over pairs of blocks, " +
				"and\n" +
				"over starts of the targets if there are at least six. p99 is pooled over all pairs, with a bootstrap over " +
				"them.\nMDE is the smallest change that the comparison would have found."},
	}
}

func cellTable(a *analysis.Analysis, in tables, cells []analysis.Cell) grid {
	return makeTable(a, cellColumns, in, cells, placeOf(a))
}

// placeOf returns a function that returns the place of a cell in the JSON.
func placeOf(a *analysis.Analysis) func(analysis.Cell) string {
	return func(c analysis.Cell) string {
		return fmt.Sprintf(".cells.%d", slices.IndexFunc(a.Cells, func(o analysis.Cell) bool { return o.Cell == c.Cell }))
	}
}

func comparisonTable(a *analysis.Analysis, shown []analysis.Comparison) grid {
	return makeTable(a, comparisonColumns, 0, shown, placeIn(".comparisons", a.Comparisons))
}

// stepsTable returns a table with a row for each step between reuse levels.
func stepsTable(a *analysis.Analysis) grid {
	var rows []step
	for i, l := range a.ReuseLevels {
		for j, s := range l.Steps {
			rows = append(rows, step{l, s, fmt.Sprintf(".reuse_levels.%d.steps.%d", i, j)})
		}
	}
	return makeTable(a, stepColumns, 0, rows, func(s step) string { return s.place })
}
