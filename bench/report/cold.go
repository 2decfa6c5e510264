package report

import (
	"fmt"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

const (
	aboutCold = "Medians over starts, cold and warm in turn. Before a cold start the program's files are let go from memory: its " +
		"executable, and all that it maps or opens. A process for each request takes until it has ended, a server until it has answered " +
		"once. The ratio is the estimate of Hodges and Lehmann over pairs, with its 95 % interval."
	aboutColdFiles = "Files of the program, and how much of them could not be let go because other processes have it mapped."
)

var coldColumns = []column[analysis.ColdStart]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.ColdStart]},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "warm", Key: "warm_ns", Unit: ns, About: aboutCold},
	{Name: "cold", Key: "cold_ns", Unit: ns, About: aboutCold},
	{Name: "cold over warm", Key: "ratio", Unit: ratios, Bounds: true, About: aboutCold},
	{Name: "starts of each", Key: "pairs", Unit: counts, About: aboutCold},
	{Name: "major faults", Key: "major_faults", Unit: faults, About: "Pages that a cold start reads from the disk."},
	{Name: "files", Key: "files", Unit: counts, About: aboutColdFiles},
	{Name: "size", Key: "bytes", Unit: sizes, About: aboutColdFiles},
	{Name: "stayed in memory", Key: "kept_bytes", Unit: sizes, About: aboutColdFiles},
}

// coldStatements say in a sentence what the disk costs each program.
func coldStatements(a *analysis.Analysis) (all []statement) {
	for i, s := range a.ColdStarts {
		all = append(all, statement{Text: fmt.Sprintf("%s as %s: a start takes %s with its files in memory, and %s without, %s.",
			analysis.RequestName(s.Workload, s.Request), s.Model, units.Duration(float64(s.WarmNS)), units.Duration(float64(s.ColdNS)),
			fmt.Sprintf("%s times as long", units.Number(s.Ratio))), Places: []string{fmt.Sprintf(".cold_starts.%d", i)}})
	}
	return all
}
