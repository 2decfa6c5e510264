package subject

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Locate finds what name names: a workload, whose Program it returns, a program on PATH, or the path of an executable.
// The error is an *UnknownError if there is none.
func (f *Finder) Locate(ctx context.Context, name string) (path string, workload *Program, err error) {
	path = name
	var names []string
	if !strings.ContainsRune(name, filepath.Separator) {
		known, err := f.Names(ctx) // fails where there are none
		if err == nil && slices.Contains(known, name) {
			found, err := f.Find(ctx, []string{name})
			if err != nil {
				return "", nil, err
			}
			return found[0].Path, &found[0], nil
		}
		names = known
		if err != nil {
			names = []string{"none: " + err.Error()}
		}
		if found, err := exec.LookPath(name); err == nil {
			path, names = found, nil
		}
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", nil, err
	}
	if why := NotExecutable(path); why != "" {
		if names != nil {
			return "", nil, &UnknownError{Name: name, Known: names}
		}
		return "", nil, &UnknownError{Name: name, Why: why}
	}
	return path, nil, nil
}

// askLimit is how long a program may take to describe itself that need not keep the contract.
const askLimit = 5 * time.Second

// DescribedBy returns the program in the file path as it describes itself, or nil if it does not keep the program
// contract. The error is that of ctx.
func DescribedBy(ctx context.Context, path string) (*Program, error) {
	asking, done := context.WithTimeout(ctx, askLimit)
	defer done()
	p, err := Describe(asking, path)
	if err != nil {
		return nil, context.Cause(ctx)
	}
	return &p, nil
}
