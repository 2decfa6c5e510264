package analysis

import (
	"fmt"
	"math"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/units"
)

// A ColdStart is what it costs a program to start with its files on the disk: starts of both kinds alternated.
type ColdStart struct {
	Workload    string   `json:"workload"`
	Request     string   `json:"request"`
	Model       string   `json:"model"`
	Pairs       int      `json:"pairs"`
	WarmNS      int64    `json:"warm_ns"` // the median
	ColdNS      int64    `json:"cold_ns"`
	Ratio       float64  `json:"ratio"` // of cold to warm: estimate of Hodges and Lehmann over pairs
	RatioLow    *float64 `json:"ratio_low"`
	RatioHigh   *float64 `json:"ratio_high"`
	MajorFaults *float64 `json:"major_faults"` // of a cold start, the median; nil if they are not known
	Files       int      `json:"files"`
	Bytes       int64    `json:"bytes"`      // of the files
	Kept        int64    `json:"kept_bytes"` // of that, what could not be let go
}

// coldStarts compares the cold starts of each program with its warm ones.
func coldStarts(r *record.Result) []ColdStart {
	found := []ColdStart{}
	for _, f := range r.ColdFiles {
		s := ColdStart{Workload: f.Workload, Model: f.Model, Files: len(f.Files)}
		for _, file := range f.Files {
			s.Bytes += file.Bytes
			s.Kept += file.Kept
		}
		rounds := map[int][2]float64{}
		var both [2][]float64
		var faults []float64
		for _, one := range r.ColdStarts {
			if one.Workload != f.Workload || one.Model != f.Model {
				continue
			}
			s.Request = one.Request
			kind := 0
			if one.Cold {
				if kind = 1; one.MajorFaults != nil {
					faults = append(faults, float64(*one.MajorFaults))
				}
			}
			pair := rounds[one.Round]
			pair[kind] = float64(one.NS)
			rounds[one.Round] = pair
			both[kind] = append(both[kind], float64(one.NS))
		}
		var changes []float64
		for _, pair := range rounds {
			if pair[0] > 0 && pair[1] > 0 {
				changes = append(changes, math.Log(pair[1]/pair[0]))
			}
		}
		if s.Pairs = len(changes); s.Pairs == 0 {
			continue
		}
		s.WarmNS, s.ColdNS = int64(stats.Median(both[0])), int64(stats.Median(both[1]))
		s.Ratio = math.Exp(stats.HodgesLehmann(changes))
		if interval, ok := stats.SignedRank(changes, confidence); ok {
			s.RatioLow, s.RatioHigh = new(math.Exp(interval.Low)), new(math.Exp(interval.High))
		}
		if len(faults) > 0 {
			s.MajorFaults = new(stats.Median(faults))
		}
		found = append(found, s)
	}
	return found
}

// leastKept is the share of a program's files from which on it is worth a word that it could not be let go.
const leastKept = 0.05

// coldWarnings say which files were not cold, and which are not known.
func coldWarnings(r *record.Result) (found []Warning) {
	for _, f := range r.ColdFiles {
		name := fmt.Sprintf("%s as %s", f.Workload, f.Model)
		var all, kept, most int64
		largest := ""
		for _, file := range f.Files {
			all += file.Bytes
			kept += file.Kept
			if file.Kept > most {
				most, largest = file.Kept, file.Path
			}
		}
		if float64(kept) > leastKept*float64(all) {
			found = append(found, Warning{Code: "not-cold", Cell: name,
				Text:   fmt.Sprintf("%s of the %s of files of %s could not be evicted from the page cache, most of it of %s", units.Size(kept), units.Size(all), name, largest),
				Advice: "other processes have it mapped; on a machine without them, a cold start takes longer than shown"})
		}
		if f.Unseen != "" {
			found = append(found, Warning{Code: "unseen-files", Cell: name, Text: fmt.Sprintf("of %s %s", name, f.Unseen),
				Advice: "its cold starts may be warmer than they would be"})
		}
	}
	return found
}

// coldOnly fills in what a run of cold starts has.
func (a *Analysis) coldOnly(r *record.Result) {
	a.ColdStarts, a.WarmUps, a.StartUps = coldStarts(r), []WarmUp{}, []StartUp{}
	a.ReuseLevels, a.Decisions, a.CrossChecks, a.Knees = []ReuseLevels{}, []Decision{}, []CrossCheck{}, []Knee{}
	if !a.Run.Complete {
		a.Warnings = append(a.Warnings, incomplete(a))
	}
	a.Warnings = append(a.Warnings, coldWarnings(r)...)
}
