package analysis

import (
	"fmt"
	"math"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/units"
)

// A ColdStart compares cold starts of a program, whose files are not in the page cache, with warm starts. Both kinds
// alternate.
type ColdStart struct {
	Workload    string   `json:"workload"`
	Request     string   `json:"request"`
	Model       string   `json:"model"`
	Pairs       int      `json:"pairs"`
	WarmNS      int64    `json:"warm_ns"` // median
	ColdNS      int64    `json:"cold_ns"` // median
	Ratio       float64  `json:"ratio"`   // cold over warm: Hodges-Lehmann estimate over pairs
	RatioLow    *float64 `json:"ratio_low"`
	RatioHigh   *float64 `json:"ratio_high"`
	MajorFaults *float64 `json:"major_faults"` // median per cold start; nil if unknown
	Files       int      `json:"files"`
	Bytes       int64    `json:"bytes"`      // total size of the files
	Kept        *int64   `json:"kept_bytes"` // bytes of these that could not be evicted; nil if unknown
}

// coldStarts compares the cold starts of each program with its warm ones.
func coldStarts(r *record.Result) []ColdStart {
	found := []ColdStart{}
	for _, f := range r.ColdFiles {
		s := ColdStart{Workload: f.Workload, Model: f.Model, Files: len(f.Files), Kept: new(int64)}
		for _, file := range f.Files {
			s.Bytes += file.Bytes
			if file.Kept == nil {
				s.Kept = nil
			} else if s.Kept != nil {
				*s.Kept += *file.Kept
			}
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

// maxKeptShare is the share of a program's files that may stay in the page cache without a warning.
const maxKeptShare = 0.05

// coldWarnings warns of files that could not be evicted and of files that are unknown.
func coldWarnings(r *record.Result) (found []Warning) {
	for _, f := range r.ColdFiles {
		name := fmt.Sprintf("%s as %s", f.Workload, f.Model)
		var all, kept, most int64
		largest, unknown := "", 0
		for _, file := range f.Files {
			all += file.Bytes
			if file.Kept == nil {
				unknown++
				continue
			}
			kept += *file.Kept
			if *file.Kept > most {
				most, largest = *file.Kept, file.Path
			}
		}
		if float64(kept) > maxKeptShare*float64(all) {
			found = append(found, Warning{Code: "not-cold", Cell: name,
				Text: fmt.Sprintf("%s of %s of the files of %s could not be evicted from the page cache, most of it in %s",
					units.Size(kept), units.Size(all), name, largest),
				Advice: "other processes have it mapped, or its file system is in memory (tmpfs); otherwise, a cold start " +
					"takes longer than shown"})
		}
		if unknown > 0 {
			found = append(found, Warning{Code: "not-cold", Cell: name,
				Text:   fmt.Sprintf("%s of %s may still be in the page cache", units.Plural(unknown, "file"), name),
				Advice: "this kernel reports that to the owner of a file only; run as root to find out"})
		}
		if f.Unseen != "" {
			found = append(found, Warning{Code: "unseen-files", Cell: name, Text: fmt.Sprintf("%s: %s", name, f.Unseen),
				Advice: "files that were not seen stay in the page cache, so a real cold start may take longer"})
		}
	}
	return found
}

// coldOnly sets the fields of an analysis that a run of cold starts has.
func (a *Analysis) coldOnly(r *record.Result) {
	a.ColdStarts, a.WarmUps, a.StartUps = coldStarts(r), []WarmUp{}, []StartUp{}
	a.ReuseLevels, a.Decisions, a.CrossChecks, a.Knees = []ReuseLevels{}, []Decision{}, []CrossCheck{}, []Knee{}
	if !a.Run.Complete {
		a.Warnings = append(a.Warnings, incomplete(a))
	}
	a.Warnings = append(a.Warnings, coldWarnings(r)...)
}
