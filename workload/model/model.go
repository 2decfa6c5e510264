// Package model is what package workload and the packages of the execution models agree on.
//
// A model is one row of a table, in two halves. The half that both sides read, its name and what it keeps, is in
// contract.Models: all lists of models in the project are derived from it. The other half, the package that implements it,
// is in the table of package workload, which alone imports these packages. One table cannot hold both: a harness imports
// the first half and may not link a host, and Go links what a table names. A test holds the two to the same names.
//
// So a new model is its package, which exports a Package, and its row. Nothing else in the project has to change.
package model

import (
	"context"
	"log"
	"net/http"

	"forktax/workload/contract"
)

// A Package is what the package of a model implements. One may serve several models: Program.Model has what the one that
// is asked for keeps.
type Package struct {
	// Start starts serving p. Requests under way outlive the end of ctx.
	Start func(ctx context.Context, p Program) (Server, error)
	// IsChild reports whether a host of this package has started this process. It and Child are nil if there is no host.
	IsChild func() bool
	// Child is all that such a process does.
	Child func(ctx context.Context, p Program) error
}

// A Program is what a model is to serve.
type Program struct {
	Name  string
	Model contract.Model // what of it is kept
	// Open makes the state, and Connect, which it returns, the connections and the handler.
	Open          func(ctx context.Context) (Connect, error)
	Connections   func() int64               // opened so far by this process
	Executable    func() (Executable, error) // executed instead of this program's own file; nil if there is none
	Env           []string                   // names of the variables that Open reads
	Authorization bool                       // Open's handler reads the header Authorization
	Limits        contract.ChildLimits
	Logger        *log.Logger
}

// Connect opens the connections that a handler works on, makes the handler, and returns what closes them again.
type Connect = func(ctx context.Context) (handler http.Handler, shut func() error, err error)

// An Executable is a program of another origin, or a directory of them, to be hosted. All but Path may be left out; see
// cgi.Host for what each means.
type Executable struct {
	Path          string
	Root          string
	Dir           string
	Documents     string
	Env           []string // names of variables that are handed on
	Authorization bool
	Streams       bool
}

// A Server is a program that a model serves.
type Server struct {
	Handler http.Handler
	// Stats counts what its child processes did, and Children lists them: those that run and the last that have ended. Both
	// are nil if the model has none.
	Stats    func() Stats
	Children func() []contract.Child
	// Close ends it when no request is under way; nil if there is nothing to end.
	Close func() error
}

// Stats counts what child processes did since the server was started.
type Stats struct {
	Started         int64 // children that were started
	Running         int64 // children that run now
	Failed          int64 // children that could not be started, or gave no right answer
	Waiting         int64 // requests that wait for a slot now
	Refused         int64 // requests that got 503 because the queue was full
	Connections     int64 // connections to databases and directories that children reported
	PeakMemoryBytes int64 // the highest resident size that a child reported
}
