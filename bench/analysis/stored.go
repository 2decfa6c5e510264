package analysis

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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

// Newest returns the directory of the newest run below results. The names of runs begin with the time.
func Newest(results string) (string, error) {
	entries, err := os.ReadDir(results)
	if err != nil {
		return "", fmt.Errorf("looking for the newest run: %w", err)
	}
	for i := len(entries) - 1; i >= 0; i-- {
		if name := entries[i].Name(); entries[i].IsDir() && name[0] >= '0' && name[0] <= '9' {
			return filepath.Join(results, name), nil
		}
	}
	return "", fmt.Errorf("no run is in %s; forktax run makes one", results)
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
