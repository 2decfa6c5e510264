package subject

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Locate returns the path of what name refers to: a workload, whose Program it returns too, a program on PATH, or an
// executable file. The error is an *UnknownError if there is no such program.
func (f *Finder) Locate(ctx context.Context, name string) (path string, workload *Program, err error) {
	path = name
	var names []string
	if !strings.ContainsRune(name, filepath.Separator) {
		known, err := f.Names(ctx) // fails if there are none
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

// askLimit is the longest that DescribedBy waits: the program need not keep the program contract.
const askLimit = 5 * time.Second

// DescribedBy runs describe of the program at path and returns the result, or nil if it does not keep the program
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
