package explain

import (
	"context"
	"path/filepath"
	"slices"

	"forktax/bench/subject"
)

// Files starts the program once and returns the absolute paths of the files that it executes, maps or opens, in this
// order and including its own. The error is a *NoTracerError if programs cannot be traced here.
func (c Command) Files(ctx context.Context) ([]string, error) {
	t, err := c.trace(ctx)
	if err != nil {
		return nil, err
	}
	var found []string
	add := func(path string) {
		if filepath.IsAbs(path) && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	for _, i := range t.images {
		for _, path := range Executables(i.path) { // strace shows the execution of a script, not of its interpreter
			add(path)
			if file, err := subject.Inspect(path); err == nil {
				add(file.Loader)
			}
		}
		for _, u := range i.uses {
			if u.opened > 0 || u.mapped {
				add(u.path)
			}
		}
	}
	return found, nil
}
