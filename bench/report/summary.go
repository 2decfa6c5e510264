package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// summary describes the run in one line.
func summary(a *analysis.Analysis) string {
	parts := []string{fmt.Sprintf("run %s", a.Run.ID), fmt.Sprintf("%.0f s", a.Run.Seconds)}
	if len(a.ColdStarts) == 0 {
		if len(a.Run.Parts) == 0 || a.Check != nil { // the targets of a run in parts were running before
			parts = append(parts, fmt.Sprintf("targets started %s", units.Times(a.Run.Starts)))
		}
		parts = append(parts, fmt.Sprintf("engine %s", strings.Join(a.Engines(), ", ")), fmt.Sprintf("seed %d", a.Run.Seed))
	}
	parts = append(parts, fmt.Sprintf("%s, %d cores", a.Environment.CPU, a.Environment.Cores))
	if n := len(a.Run.Parts); n > 0 {
		parts = append(parts, fmt.Sprintf("%d parts merged", n))
	}
	if s := a.Run.StealShare; s != nil {
		parts = append(parts, "steal "+units.Percent(*s))
	}
	if d := a.Environment.Database; d != nil {
		parts = append(parts, fmt.Sprintf("%s %s", d.Kind, d.Version))
	}
	return strings.Join(parts, " · ")
}

// A statement is a sentence, with the places of its values in the JSON.
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

// answer summarizes the run in one sentence: the smallest and the largest ratio of response times. For a suite these
// are ratios of throughput. For a search the sentence has the highest rates that meet the objective. Cold starts have a
// sentence each.
func answer(a *analysis.Analysis) statement {
	if a.Check != nil {
		return statement{Text: checkHeadline(a.Check)}
	}
	if len(a.ColdStarts) > 0 {
		all := statement{}
		for _, s := range coldStatements(a) {
			all = statement{strings.TrimSpace(all.Text + " " + s.Text), append(all.Places, s.Places...)}
		}
		return all
	}
	found := comparisons(a, func(c analysis.Comparison) bool {
		return c.RatioLow != nil && !c.Undecided() && !record.IsIntermediate(c.Candidate)
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
	if most.Ratio < 1 { // the baseline takes longest: its smallest factor belongs to the largest ratio
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

// nothingFound returns the summary if no difference was found: the rates up to which objectives were met, if any.
func nothingFound(a *analysis.Analysis) (all statement) {
	for _, s := range kneeStatements(a.Knees) {
		all = statement{strings.TrimSpace(all.Text + " " + s.Text), append(all.Places, s.Places...)}
	}
	every := comparisons(a, func(analysis.Comparison) bool { return true })
	decided := func(c analysis.Comparison) bool { return c.RatioLow != nil }
	switch {
	case all.Text != "":
		return all
	case len(every) == 0:
		return alone(a)
	case !slices.ContainsFunc(every, decided):
		return statement{Text: "No comparison with " + a.Run.Baseline +
			" has enough pairs of blocks for a confidence interval."}
	}
	return statement{Text: "No difference from " + a.Run.Baseline + " was found."}
}

// alone describes the cells of a run in which nothing was compared: at the first load of each request.
func alone(a *analysis.Analysis) (all statement) {
	for _, c := range analysis.FirstLoads(a.OwnCells()) {
		if c.Response.P50 != nil && c.ThroughputRPS != nil {
			all.Text += fmt.Sprintf("%s (%s): %s %s, %s. ", analysis.RequestName(c.Workload, c.Request), c.Load, c.Model,
				medianText(c), units.Rate(*c.ThroughputRPS))
		}
	}
	all.Text += "Nothing was compared with " + a.Run.Baseline + ": to compare, add --persistent or a second --model."
	return all
}

// A turned comparison has the side with the larger value first, so its ratio is at least 1.
type turned struct {
	more, less string
	ratio      float64
	low, high  *float64
	of         string // request and load
}

// turn puts the side with the larger value first: "takes 0.05 times as long" is hard to read.
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

// sentence returns the comparison as a sentence, without its full stop.
func (r turned) sentence(a *analysis.Analysis) string {
	said := "%s takes %s times as long as %s for %s"
	if mainMetric(a) == analysis.MetricThroughput {
		said = "%s serves %s times as many requests as %s for %s"
	}
	return fmt.Sprintf(said, r.more, units.Number(r.ratio), r.less, r.of)
}

// statements returns sentences about the fork tax of each request at its first load, and about the highest rate that
// meets the objective.
func statements(a *analysis.Analysis) []statement {
	if a.Run.Suite != nil { // its contenders are compared in its table
		return modelStatements(a)
	}
	all := coldStatements(a)
	seen := map[[3]string]bool{}
	for _, c := range a.OwnCells() {
		key := [3]string{c.Workload, c.Request, c.Model}
		s := answerOf(a, c)
		if s.Text == "" || seen[key] {
			continue
		}
		seen[key] = true
		s.Text += longestPhases(a, c) + capacity(a, c)
		all = append(all, s)
	}
	return slices.Concat(all, kneeStatements(a.Knees), modelStatements(a))
}

// longestPhases lists the longest phases of a request with its own process, and the response time of the floor, which
// is the share of the kernel and the host.
func longestPhases(a *analysis.Analysis, c analysis.Cell) string {
	if c.PhaseNS(contract.PhaseExit.String()) == 0 || c.Response.P50 == nil {
		return ""
	}
	sentence := fmt.Sprintf(" The phases of %s: %s.", c.Model, longest(c))
	if f := a.FloorOf(c); f != nil {
		sentence += fmt.Sprintf(" The floor, the smallest possible program, takes %s.", percentileText(f.Response, "p50"))
	}
	return sentence
}

// capacity compares the CPU-bound capacity of one core, in requests per second.
func capacity(a *analysis.Analysis, c analysis.Cell) string {
	kept := a.BaselineOf(c)
	known := func(ns *int64) bool { return ns != nil && *ns > 0 }
	if kept == nil || !known(kept.CPUPerRequest) || !known(c.CPUPerRequest) {
		return ""
	}
	return fmt.Sprintf(" CPU-bound capacity per core: %s requests/s (%s: %s).",
		units.Number(1e9/float64(*c.CPUPerRequest)), kept.Model, units.Number(1e9/float64(*kept.CPUPerRequest)))
}

// crossCheckSummary reports in one line how many cells of the cross-check agree, and why the others differ.
func crossCheckSummary(a *analysis.Analysis) []string {
	if len(a.CrossChecks) == 0 {
		return nil
	}
	within := 0
	causes := map[string]int{}
	for _, r := range a.CrossChecks {
		if analysis.Agrees(r.MedianRatio) && analysis.Agrees(r.ThroughputRatio) {
			within++
		} else {
			causes[r.Cause]++
		}
	}
	line := fmt.Sprintf("Cross-check with %s: %d of %s agree within 5%%", a.Run.CrossCheckEngine, within,
		units.Plural(len(a.CrossChecks), "cell"))
	var whys []string
	for _, cause := range slices.SortedFunc(maps.Keys(causes), func(b, c string) int {
		return cmp.Or(cmp.Compare(causes[c], causes[b]), cmp.Compare(b, c))
	}) {
		if cause != "" {
			whys = append(whys, fmt.Sprintf("%s (%d)", cause, causes[cause]))
		}
	}
	if whys != nil {
		line += "; causes of differences: " + strings.Join(whys, ", ")
	}
	return []string{line + "."}
}

// surroundings describes the environment of a run.
func surroundings(a *analysis.Analysis) []string {
	e := a.Environment
	machine := fmt.Sprintf("%s, %d cores, %s of memory; %s %s on %s; load %.2f before the run", e.CPU, e.Cores,
		units.Size(e.MemoryBytes), e.OS, e.Kernel, e.Arch, e.Load1)
	if s := a.Run.StealShare; s != nil {
		machine += fmt.Sprintf("; steal %s of the CPU time during it", units.Percent(*s))
	}
	lines := []string{machine, fmt.Sprintf("forktax %s, built with %s", a.Run.Version, e.Go)}
	if d := e.Database; d != nil {
		whose := "external"
		if d.Private {
			whose = "started for the run"
		}
		lines = append(lines, fmt.Sprintf("%s %s, %s, %s: %s", d.Kind, d.Version, whose, d.URL,
			analysis.FormatSettings(d.Settings)))
	}
	for _, p := range e.Programs {
		name := p.Workload
		if len(p.Variants) > 0 {
			name += " (" + strings.Join(p.Variants, ", ") + ")"
		}
		lines = append(lines, fmt.Sprintf("%s: %s, %s, SHA-256 %s, %s", name, p.Path, units.Size(p.Bytes),
			fmt.Sprintf("%.12s", p.SHA256), p.Go))
	}
	for _, s := range a.Run.Servers {
		lines = append(lines, fmt.Sprintf("%s: %s", s.Name, cmp.Or(s.Command, s.URL)))
	}
	return append(lines, suiteVersions(a.Run.Suite)...)
}
