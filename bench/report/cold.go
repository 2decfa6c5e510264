package report

import (
	"fmt"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

const (
	aboutCold = "Medians over starts, which are cold and warm in turn. Before a cold start the program's files are evicted from the " +
		"page cache: its executable, and all files that it maps or opens. A CGI process is timed until it has ended, a resident " +
		"process until its first response. The ratio is the estimate of Hodges and Lehmann over pairs, with its 95 % interval."
	aboutColdFiles = "Size of the program's files, and how much of it could not be evicted because other processes have it mapped."
)

var coldColumns = []column[analysis.ColdStart]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.ColdStart]},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "warm", Key: "warm_ns", Unit: ns, About: aboutCold},
	{Name: "cold", Key: "cold_ns", Unit: ns, About: aboutCold},
	{Name: "cold / warm", Key: "ratio", Unit: ratios, Bounds: true, About: aboutCold},
	{Name: "pairs of starts", Key: "pairs", Unit: counts, About: aboutCold},
	{Name: "major faults", Key: "major_faults", Unit: faults, About: "Pages that a cold start reads from the disk."},
	{Key: "files", Unit: counts, About: "Number of the program's files."},
	{Name: "files", Key: "bytes", Unit: sizes, About: aboutColdFiles},
	{Name: "not evicted", Key: "kept_bytes", Unit: sizes, About: aboutColdFiles},
}

// coldStatements are a sentence for each program.
func coldStatements(a *analysis.Analysis) (all []statement) {
	for i, s := range a.ColdStarts {
		all = append(all, statement{Text: fmt.Sprintf("%s as %s: a start takes %s warm and %s cold, %s.",
			analysis.RequestName(s.Workload, s.Request), s.Model, units.Duration(float64(s.WarmNS)), units.Duration(float64(s.ColdNS)),
			fmt.Sprintf("%s times as long", units.Number(s.Ratio))), Places: []string{fmt.Sprintf(".cold_starts.%d", i)}})
	}
	return all
}
