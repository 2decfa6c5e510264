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

// ReadStored reads a result that was kept: from the directory of a run, from the result.json that is left of one, or
// from a file like that.
func ReadStored(path string) (*Analysis, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w; the folder of a run is needed, or its result.json", err)
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
		err = fmt.Errorf("no run is in the folder %s: %w; one is needed that forktax run made", path, err)
	}
	return a, err
}

// A NotFoundError is returned when a name is neither that of a file or directory of a run nor that of a run.
type NotFoundError struct {
	Path, Results string
	Runs          []string // the newest below Results
}

func (e *NotFoundError) Error() string {
	switch {
	case len(e.Runs) > 0:
		return fmt.Sprintf("there is no file %q, and no such run in %s, where the newest are %s", e.Path, e.Results,
			strings.Join(e.Runs, ", "))
	default:
		return fmt.Sprintf("there is no file %q, and no run in %s; give the directory of a run, its result.json, or its "+
			"name with --results where it is", e.Path, e.Results)
	}
}

// shownRuns is how many runs an error lists.
const shownRuns = 3

// Find returns the path of a run that is named by its directory, by a file of its result, or by its name, which reports
// show, if that is below results. The error is a *NotFoundError if there is nothing of the name.
func Find(name, results string) (string, error) {
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return name, nil // what is wrong with it, the reader finds
	}
	if inside := filepath.Join(results, name); filepath.IsLocal(name) {
		if _, err := os.Stat(inside); err == nil {
			return inside, nil
		}
	}
	runs, _ := runsIn(results)
	return "", &NotFoundError{name, results, runs[:min(len(runs), shownRuns)]}
}

// runsIn lists the names of the runs below results, the newest first. They begin with the time.
func runsIn(results string) (names []string, err error) {
	entries, err := os.ReadDir(results)
	for _, entry := range slices.Backward(entries) {
		if name := entry.Name(); entry.IsDir() && name[0] >= '0' && name[0] <= '9' {
			names = append(names, name)
		}
	}
	return names, err
}

// Newest returns the directory of the newest run below results.
func Newest(results string) (string, error) {
	runs, err := runsIn(results)
	if err != nil {
		return "", fmt.Errorf("looking for the newest run: %w; forktax run makes one", err)
	}
	if len(runs) == 0 {
		return "", fmt.Errorf("no run is in %s; forktax run makes one", results)
	}
	return filepath.Join(results, runs[0]), nil
}

// AnalyzeDir reads and analyses the run in dir.
func AnalyzeDir(dir string) (*Analysis, error) {
	r, err := record.Read(dir)
	if err != nil {
		return nil, err
	}
	return Analyze(r)
}

// LatestIn is LatestStatus of the run in dir.
func LatestIn(dir string) (record.ObjectiveStatus, error) {
	r, err := record.Read(dir)
	if err != nil {
		return record.Unclear, err
	}
	return LatestStatus(r)
}
