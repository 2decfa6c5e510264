package subject

import (
	"context"
	"errors"

	"forktax/bench/process"
)

// A Database is a server that keeps the data of programs, beside the targets. Its methods may be called at the same
// time.
type Database interface {
	// Provision makes room for the data of one target, and returns the URL by which to connect to it and what removes
	// it again.
	Provision(ctx context.Context) (url string, remove func() error, err error)
	// CPU is the processor time that the server has used so far, in nanoseconds, and whether that is known.
	CPU() (ns int64, known bool)
}

// targetData is where one target has its data: in a directory, and in a database server if it needs one.
type targetData struct {
	dir    string
	url    string                        // "" if it needs none
	cpu    func() (ns int64, known bool) // of the server; nil if there is none
	remove func() error
}

func (l *Launcher) makeData(ctx context.Context, p Program, model string) (targetData, error) {
	dir, remove, err := process.TempDirIn(l.Dir, "forktax-"+p.Name+"-"+model+"-", "data")
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
