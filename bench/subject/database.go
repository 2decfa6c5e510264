package subject

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"forktax/bench/process"
)

// A Database is a server, separate from the targets, that keeps the data of programs. Its methods may be called
// concurrently.
type Database interface {
	// Provision makes an empty place for the data of one target. It returns the URL by which the target connects, and a
	// function that removes the data.
	Provision(ctx context.Context) (url string, remove func() error, err error)
	// CPU returns the CPU time that the server has used so far, in nanoseconds. Known reports whether it could be read.
	CPU() (ns int64, known bool)
}

// A targetData is the place of one target's data: a directory, and part of a database server if the program needs one.
type targetData struct {
	dir    string
	url    string                        // URL of the database; "" if the program needs none
	cpu    func() (ns int64, known bool) // CPU time of the database server; nil if there is none
	remove func() error
}

func (l *Launcher) makeData(ctx context.Context, p Program, model string) (targetData, error) {
	dir, remove, err := process.TempDirIn(l.Dir, fmt.Sprintf("forktax-%.40s-%s-", filepath.Base(p.Name), model), "data")
	if err != nil {
		return targetData{}, err
	}
	database := l.Databases[p.Database]
	if database == nil {
		return targetData{dir: dir, remove: remove}, nil
	}
	url, drop, err := database.Provision(ctx)
	if err != nil {
		return targetData{}, errors.Join(err, remove())
	}
	return targetData{dir, url, database.CPU, func() error { return errors.Join(drop(), remove()) }}, nil
}
