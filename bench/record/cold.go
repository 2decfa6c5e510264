package record

import (
	"errors"
)

// A ColdStart is one start of a program, with its files let go from memory before it, or without.
type ColdStart struct {
	Workload    string `json:"workload"`
	Request     string `json:"request"`
	Model       string `json:"model"`
	Round       int    `json:"round"` // in which it was started once of each kind
	Cold        bool   `json:"cold"`
	NS          int64  `json:"ns"` // until its process had ended, or until a server that stays had answered once
	CPUNS       *int64 `json:"cpu_ns,omitempty"`
	MajorFaults *int64 `json:"major_faults,omitempty"` // pages that were read from the disk for it
}

// ColdFiles are the files of a program that are let go before its cold starts.
type ColdFiles struct {
	Workload string     `json:"workload"`
	Model    string     `json:"model"`
	Files    []ColdFile `json:"files"`
	Unseen   string     `json:"unseen,omitempty"` // why there may be others; "" if all were seen
}

// A ColdFile is how much of a file could not be let go, as other processes have it mapped.
type ColdFile struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	Kept  int64  `json:"kept_bytes"`
}

// AddColdStart puts a start on record.
func (r *Record) AddColdStart(s ColdStart) error {
	if err := r.writeLine(entry{ColdStart: &s}); err != nil {
		return err
	}
	r.Blocks++
	return nil
}

// AddColdFiles puts on record what is let go before cold starts.
func (r *Record) AddColdFiles(f ColdFiles) error { return r.writeLine(entry{ColdFiles: &f}) }

// maxColdFiles is how many files a program may have.
const maxColdFiles = 100_000

func (s ColdStart) validate() error {
	bounds := []bound{{"round", float64(s.Round), 0, maxCount}, {"ns", float64(s.NS), 1, maxNS}}
	if s.CPUNS != nil {
		bounds = append(bounds, bound{"cpu_ns", float64(*s.CPUNS), 0, maxNS})
	}
	return validate(bounds)
}

func (f ColdFiles) validate() error {
	if len(f.Files) > maxColdFiles {
		return errors.New("a program has too many files")
	}
	for _, file := range f.Files {
		if err := validate([]bound{{"bytes", float64(file.Bytes), 0, maxNS}, {"kept_bytes", float64(file.Kept), 0, maxNS}}); err != nil {
			return err
		}
	}
	return nil
}
