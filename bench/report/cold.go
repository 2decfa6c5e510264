package report

import (
	"fmt"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

const (
	aboutCold = "Medians over alternating cold and warm starts. Before a cold start the program's files are evicted " +
		"from the " +
		"page cache: its executable, and all files that it maps or opens. A CGI process is timed until it exits, a " +
		"resident " +
		"process until its first response. The ratio is the Hodges-Lehmann estimate over pairs, with its 95% CI."
	aboutColdFiles = "Size of the program's files, and the part that could not be evicted: other processes map it, or " +
		"it is in memory."
)

var coldColumns = []column[analysis.ColdStart]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.ColdStart]},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "warm", Key: "warm_ns", Unit: ns, About: aboutCold},
	{Name: "cold", Key: "cold_ns", Unit: ns, About: aboutCold},
	{Name: "cold / warm", Key: "ratio", Unit: ratios, Bounds: true, About: aboutCold},
	{Name: "pairs of starts", Key: "pairs", Unit: counts, About: aboutCold},
	{Name: "major faults", Key: "major_faults", Unit: faults,
		About: "Page faults of a cold start that read from the disk."},
	{Key: "files", Unit: counts, About: "Number of the program's files."},
	{Name: "files", Key: "bytes", Unit: sizes, About: aboutColdFiles},
	{Name: "not evicted", Key: "kept_bytes", Unit: sizes, About: aboutColdFiles},
}

// coldStatements returns a sentence for each program.
func coldStatements(a *analysis.Analysis) (all []statement) {
	for i, s := range a.ColdStarts {
		ratio := fmt.Sprintf("about %s×, without a confidence interval (%s)", units.Rough(s.Ratio),
			units.Plural(s.Pairs, "pair"))
		switch {
		case s.RatioLow != nil && s.RatioHigh != nil && *s.RatioLow <= 1 && *s.RatioHigh >= 1:
			ratio = fmt.Sprintf("no difference found (95%% CI %s to %s×)", units.Rough(*s.RatioLow), units.Rough(*s.RatioHigh))
		case s.RatioLow != nil && s.RatioHigh != nil:
			ratio = fmt.Sprintf("%s× (95%% CI %s to %s)", units.Rough(s.Ratio), units.Rough(*s.RatioLow),
				units.Rough(*s.RatioHigh))
		}
		all = append(all, statement{Text: fmt.Sprintf("%s as %s: a start takes %s warm and %s cold: %s.",
			analysis.RequestName(s.Workload, s.Request), s.Model, units.RoughDuration(float64(s.WarmNS)),
			units.RoughDuration(float64(s.ColdNS)), ratio), Places: []string{fmt.Sprintf(".cold_starts.%d", i)}})
	}
	return all
}
