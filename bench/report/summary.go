package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// summary says in one line which run it was.
func summary(a *analysis.Analysis) string {
	parts := []string{fmt.Sprintf("run %s", a.Run.ID), fmt.Sprintf("%.0f s", a.Run.Seconds)}
	if len(a.ColdStarts) == 0 {
		parts = append(parts, fmt.Sprintf("targets started %s", units.Times(a.Run.Starts)),
			fmt.Sprintf("engine %s", strings.Join(a.Engines(), ", ")), fmt.Sprintf("seed %d", a.Run.Seed))
	}
	parts = append(parts, fmt.Sprintf("%s, %d cores", a.Environment.CPU, a.Environment.Cores))
	if s := a.Run.StealShare; s != nil {
		parts = append(parts, "steal "+units.Percent(*s))
	}
	if d := a.Environment.Database; d != nil {
		parts = append(parts, fmt.Sprintf("%s %s", d.Kind, d.Version))
	}
	return strings.Join(parts, " · ")
}

// A statement is a sentence, and where in the JSON that is which it tells of.
type statement struct {
	Text   string
	Places []string
}

func texts(all []statement) (lines []string) {
	for _, s := range all {
		lines = append(lines, s.Text)
	}
	return lines
}

// answer is the run in one sentence: what costs how many times what, the least and the most. Of a suite it is how many
// times as many requests are answered, and of a search up to which rate.
func answer(a *analysis.Analysis) statement {
	if a.Check != nil {
		return statement{Text: checkHeadline(a.Check)}
	}
	found := comparisons(a, func(c analysis.Comparison) bool {
		return !c.Undecided() && !record.IsIntermediate(c.Candidate)
	})
	if len(found) == 0 {
		return nothingFound(a)
	}
	byRatio := func(b, c analysis.Comparison) int { return cmp.Compare(b.Ratio, c.Ratio) }
	place := placeIn(".comparisons", a.Comparisons)
	least, most := slices.MinFunc(found, byRatio), slices.MaxFunc(found, byRatio)
	if len(found) == 1 {
		r := turn(least)
		return statement{r.sentence(a) + units.Interval(r.low, r.high, units.Number) + ".", []string{place(least)}}
	}
	if most.Ratio < 1 { // the baseline takes longer than all, by the least where the ratio is nearest to 1
		least, most = most, least
	}
	first, second := turn(least), turn(most)
	s := statement{first.sentence(a) + ", and ", []string{place(least), place(most)}}
	switch {
	case first.less != second.less:
		s.Text += second.sentence(a)
	case first.more != second.more:
		s.Text += second.more + " "
		fallthrough
	default:
		s.Text += fmt.Sprintf("%s times for %s", units.Number(second.ratio), second.of)
	}
	s.Text += "."
	return s
}

// nothingFound is the answer where no difference was found: up to which rates objectives were met, if any were given.
func nothingFound(a *analysis.Analysis) (all statement) {
	for _, s := range kneeStatements(a.Knees) {
		all = statement{strings.TrimSpace(all.Text + " " + s.Text), append(all.Places, s.Places...)}
	}
	switch {
	case all.Text != "":
		return all
	case len(comparisons(a, func(analysis.Comparison) bool { return true })) == 0:
		return statement{Text: "Nothing was compared with " + a.Run.Baseline + "."}
	}
	return statement{Text: "No difference from " + a.Run.Baseline + " was found."}
}

// A turned comparison is one in words: more is the side with the larger value, and its ratio is at least 1.
type turned struct {
	more, less string
	ratio      float64
	low, high  *float64
	of         string // request and load
}

// turn puts the side with the larger value first: that one takes 0.05 times as long is hard to read.
func turn(c analysis.Comparison) turned {
	r := turned{c.Candidate, c.Baseline, c.Ratio, c.RatioLow, c.RatioHigh,
		fmt.Sprintf("%s (%s)", analysis.RequestName(c.Workload, c.Request), c.Load)}
	if c.Ratio < 1 && c.Ratio > 0 {
		r.more, r.less, r.ratio, r.low, r.high = r.less, r.more, 1/r.ratio, inverse(r.high), inverse(r.low)
	}
	return r
}

func inverse(ratio *float64) *float64 {
	if ratio == nil || *ratio == 0 {
		return nil
	}
	return new(1 / *ratio)
}

// sentence says it, without its full stop.
func (r turned) sentence(a *analysis.Analysis) string {
	said := "%s takes %s times as long as %s for %s"
	if a.Run.Suite != nil {
		said = "%s answers %s times as many requests as %s for %s"
	}
	return fmt.Sprintf(said, r.more, units.Number(r.ratio), r.less, r.of)
}

// statements say in a sentence for each request what its fork tax means, at the first load that it was given, and up to
// which rate it meets the objective.
func statements(a *analysis.Analysis) []statement {
	if a.Run.Suite != nil { // whose contenders are no models, and add nothing to each other
		return nil
	}
	all := coldStatements(a)
	told := map[[3]string]bool{}
	for _, c := range a.OwnCells() {
		key := [3]string{c.Workload, c.Request, c.Model}
		meaning := modelSummary(a, c)
		if meaning == "" || told[key] {
			continue
		}
		told[key] = true
		s := statement{Text: fmt.Sprintf("%s, %s: %s.%s%s", analysis.RequestName(c.Workload, c.Request), c.Load, meaning,
			longestPhases(a, c), capacity(a, c))}
		if i := a.ComparisonIndex(c.Cell, analysis.MetricResponse); i >= 0 {
			s.Places = []string{fmt.Sprintf(".comparisons.%d", i)}
		}
		all = append(all, s)
	}
	return append(all, kneeStatements(a.Knees)...)
}

// modelSummary says what a model adds to the response time of a request, if anything is known of that.
func modelSummary(a *analysis.Analysis, c analysis.Cell) string {
	if a.Overloaded(c) {
		return fmt.Sprintf("%s was not compared with %s in response time, for requests came faster than they left", c.Model,
			a.Run.Baseline)
	}
	r := a.Comparison(c.Cell, analysis.MetricResponse)
	switch {
	case r == nil:
		return ""
	case r.DifferenceLow == nil:
		return fmt.Sprintf("%s differs from %s by %s in %s of blocks, too few to rely on", c.Model, r.Baseline,
			units.Duration(r.Difference), units.Plural(r.Blocks, "pair"))
	case r.Undecided():
		return fmt.Sprintf("no difference between %s and %s was found: %s", c.Model, r.Baseline,
			units.Difference(r.Difference, *r.DifferenceLow, *r.DifferenceHigh))
	case r.Difference < 0:
		saves := fmt.Sprintf("%s saves %s (%s to %s) of each request", c.Model, units.Duration(-r.Difference),
			units.Duration(-*r.DifferenceHigh), units.Duration(-*r.DifferenceLow))
		if t := turn(*r); t.less == c.Model { // else the ratio points the other way, within its noise
			saves += fmt.Sprintf(": %s takes %s times as long", t.more, units.Number(t.ratio))
		}
		return saves
	default:
		return fmt.Sprintf("%s adds %s%s to each request", c.Model, units.Duration(r.Difference),
			units.Interval(r.DifferenceLow, r.DifferenceHigh, units.Duration))
	}
}

// longestPhases says what a request with a process of its own consists of: its longest phases, and the floor, which is
// the kernel's and the host's share.
func longestPhases(a *analysis.Analysis, c analysis.Cell) string {
	if c.PhaseNS(contract.PhaseExit.String()) == 0 || c.Response.P50 == nil {
		return ""
	}
	longest := slices.Clone(c.Phases)
	slices.SortStableFunc(longest, func(p, q analysis.Phase) int { return cmp.Compare(q.NS, p.NS) })
	var parts []string
	for _, p := range longest[:min(3, len(longest))] {
		parts = append(parts, fmt.Sprintf("%s takes %s", p.Name, units.Duration(float64(p.NS))))
	}
	sentence := fmt.Sprintf(" Of its %s, %s", percentileText(c.Response, "p50"), strings.Join(parts, ", "))
	if f := a.FloorOf(c); f != nil {
		sentence += fmt.Sprintf("; the smallest program there is takes %s through the same host",
			percentileText(f.Response, "p50"))
	}
	return sentence + "."
}

// capacity compares how many requests a second one core has CPU for.
func capacity(a *analysis.Analysis, c analysis.Cell) string {
	kept := a.BaselineOf(c)
	known := func(ns *int64) bool { return ns != nil && *ns > 0 }
	if kept == nil || !known(kept.CPUPerRequest) || !known(c.CPUPerRequest) {
		return ""
	}
	return fmt.Sprintf(" CPU-bound capacity per core: %s requests/s (%s: %s).",
		units.Number(1e9/float64(*c.CPUPerRequest)), kept.Model, units.Number(1e9/float64(*kept.CPUPerRequest)))
}

// crossCheckSummary says in a line how far the referee is from what is shown.
func crossCheckSummary(a *analysis.Analysis) []string {
	if len(a.CrossChecks) == 0 {
		return nil
	}
	within := 0
	var medians, throughputs []float64
	for _, r := range a.CrossChecks {
		if analysis.Agrees(r.MedianRatio) && analysis.Agrees(r.ThroughputRatio) {
			within++
		}
		medians, throughputs = append(medians, r.MedianRatio), append(throughputs, r.ThroughputRatio)
	}
	span := func(ratios []float64) string {
		return units.WholeChange(slices.Min(ratios)) + " to " + units.WholeChange(slices.Max(ratios))
	}
	return []string{fmt.Sprintf("Cross-check with %s: %d of %s agree within 5 %%; medians differ by %s, throughput by %s. report.md "+
		"has the reasons.", a.Run.CrossCheckEngine, within, units.Plural(len(a.CrossChecks), "cell"), span(medians), span(throughputs))}
}

// surroundings says where a run was made, with what is code between the quotes.
func surroundings(a *analysis.Analysis, quote string) []string {
	e := a.Environment
	code := func(text string) string { return quote + text + quote }
	machine := fmt.Sprintf("%s, %d cores, %s of memory; %s %s on %s; load %.2f before the run", e.CPU, e.Cores,
		units.Size(e.MemoryBytes), e.OS, e.Kernel, e.Arch, e.Load1)
	if s := a.Run.StealShare; s != nil {
		machine += fmt.Sprintf("; steal %s of the CPU time during it", units.Percent(*s))
	}
	lines := []string{machine, fmt.Sprintf("forktax %s, built with %s", a.Run.Version, e.Go)}
	if d := e.Database; d != nil {
		whose := "given"
		if d.Private {
			whose = "started for the run"
		}
		lines = append(lines, fmt.Sprintf("%s %s, %s, %s: %s", d.Kind, d.Version, whose, code(d.URL),
			analysis.FormatSettings(d.Settings)))
	}
	for _, p := range e.Programs {
		name := p.Workload
		if len(p.Variants) > 0 {
			name += " (" + strings.Join(p.Variants, ", ") + ")"
		}
		lines = append(lines, fmt.Sprintf("%s: %s, %s, SHA-256 %s, %s", name, code(p.Path), units.Size(p.Bytes),
			code(fmt.Sprintf("%.12s", p.SHA256)), p.Go))
	}
	for _, s := range a.Run.Servers {
		lines = append(lines, fmt.Sprintf("%s: %s", s.Name, code(cmp.Or(s.Command, s.URL))))
	}
	return append(lines, suiteVersions(a.Run.Suite)...)
}
