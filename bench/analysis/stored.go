package analysis

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"forktax/bench/record"
)

// ResultFile is the name of the analysis in a run's directory.
const ResultFile = "result.json"

// ReadStored reads a stored result from a run directory, from a directory with only a result.json, or from such a file.
func ReadStored(path string) (*Analysis, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w; give a run directory or its result.json", err)
	}
	if !info.IsDir() {
		return ReadAnalysis(path)
	}
	a, err := AnalyzeDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		file := filepath.Join(path, ResultFile)
		if _, missing := os.Stat(file); missing == nil {
			return ReadAnalysis(file)
		}
		err = fmt.Errorf("%s: not a run directory: %w; give a directory written by forktax run", path, err)
	}
	return a, err
}

// A NotFoundError is returned when a name is neither a path nor the name of a run.
type NotFoundError struct {
	Path, Results string
	Runs          []string // the newest runs in Results
}

func (e *NotFoundError) Error() string {
	switch {
	case len(e.Runs) > 0:
		return fmt.Sprintf("%q: no such file, and no such run in %s; the newest runs there are %s", e.Path, e.Results,
			strings.Join(e.Runs, ", "))
	default:
		return fmt.Sprintf("%q: no such file, and no runs in %s; give a run directory, its result.json, or the name of a "+
			"run in --results", e.Path, e.Results)
	}
}

// shownRuns is the number of runs that an error lists.
const shownRuns = 3

// Find returns the path of a run. name is its directory, its result file, or its name, as shown in reports, if it is in
// the directory results. The error is a *NotFoundError if there is no such file or run.
func Find(name, results string) (string, error) {
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return name, nil // reading it reports any other error
	}
	if inside := filepath.Join(results, name); filepath.IsLocal(name) {
		if _, err := os.Stat(inside); err == nil {
			return inside, nil
		}
	}
	runs, _ := runsIn(results)
	return "", &NotFoundError{name, results, runs[:min(len(runs), shownRuns)]}
}

// runsIn lists the names of the runs in results, newest first. Names begin with the time of the run.
func runsIn(results string) (names []string, err error) {
	entries, err := os.ReadDir(results)
	for _, entry := range slices.Backward(entries) {
		if name := entry.Name(); entry.IsDir() && name[0] >= '0' && name[0] <= '9' {
			names = append(names, name)
		}
	}
	return names, err
}

// Newest returns the directory of the newest run in results.
func Newest(results string) (string, error) {
	runs, err := runsIn(results)
	if err != nil {
		return "", fmt.Errorf("looking for the newest run: %w; make one with forktax run", err)
	}
	if len(runs) == 0 {
		return "", fmt.Errorf("no runs in %s; make one with forktax run", results)
	}
	return filepath.Join(results, runs[0]), nil
}

// A StoredRun is a run in a results directory.
type StoredRun struct {
	Name     string
	Analysis *Analysis // nil if it cannot be read
	Err      error     // why it cannot be read
}

// Runs reads the runs in results, newest first.
func Runs(results string) ([]StoredRun, error) {
	names, err := runsIn(results)
	if err != nil {
		return nil, fmt.Errorf("listing the runs: %w; make one with forktax run", err)
	}
	var runs []StoredRun
	for _, name := range names {
		dir := filepath.Join(results, name)
		r := StoredRun{Name: name}
		if r.Analysis, r.Err = ReadAnalysis(filepath.Join(dir, ResultFile)); errors.Is(r.Err, fs.ErrNotExist) {
			r.Analysis, r.Err = AnalyzeDir(dir) // the run was interrupted
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// AnalyzeDir reads and analyzes the run in dir.
func AnalyzeDir(dir string) (*Analysis, error) {
	r, err := record.Read(dir)
	if err != nil {
		return nil, err
	}
	return Analyze(r)
}

// LatestIn returns the LatestStatus of the run in dir.
func LatestIn(dir string) (record.ObjectiveStatus, error) {
	r, err := record.Read(dir)
	if err != nil {
		return record.Unclear, err
	}
	return LatestStatus(r)
}
