package record

import "fmt"

// A ColdStart is one start of a program. Cold reports whether its files were evicted from the page cache before it.
type ColdStart struct {
	Workload    string `json:"workload"`
	Request     string `json:"request"`
	Model       string `json:"model"`
	Round       int    `json:"round"` // each round has one cold and one warm start
	Cold        bool   `json:"cold"`
	NS          int64  `json:"ns"` // time until its process ended, or until a resident server had sent its first response
	CPUNS       *int64 `json:"cpu_ns,omitempty"`
	MajorFaults *int64 `json:"major_faults,omitempty"` // pages read from disk
}

// ColdFiles lists the files of a program that are evicted from the page cache before its cold starts.
type ColdFiles struct {
	Workload string     `json:"workload"`
	Model    string     `json:"model"`
	Files    []ColdFile `json:"files"`
	Unseen   string     `json:"unseen,omitempty"` // reason why the list may be incomplete; "" if it is complete
}

// A ColdFile is one evicted file. Kept is the number of bytes that stayed in the page cache, because other processes
// have the file mapped or it is in memory; nil if unknown: newer kernels report it to the owner of a file only.
type ColdFile struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	Kept  *int64 `json:"kept_bytes"`
}

// AddColdStart records a start.
func (r *Record) AddColdStart(s ColdStart) error {
	if err := r.writeLine(entry{ColdStart: &s}); err != nil {
		return err
	}
	r.Blocks++
	return nil
}

// AddColdFiles records the files that are evicted before cold starts.
func (r *Record) AddColdFiles(f ColdFiles) error { return r.writeLine(entry{ColdFiles: &f}) }

// maxColdFiles is the largest number of files that a program may have.
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
		return fmt.Errorf("a program has %d files; at most %d are allowed", len(f.Files), maxColdFiles)
	}
	for _, file := range f.Files {
		bounds := []bound{{"bytes", float64(file.Bytes), 0, maxNS}}
		if file.Kept != nil {
			bounds = append(bounds, bound{"kept_bytes", float64(*file.Kept), 0, maxNS})
		}
		if err := validate(bounds); err != nil {
			return err
		}
	}
	return nil
}
