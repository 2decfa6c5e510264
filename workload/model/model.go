// Package model defines the interface between package workload and the packages that implement execution models.
//
// A model has two table rows. Its name and its lifetimes are in [contract.Models], from which all lists of models in
// the project are derived. The package that implements it is in the table of package workload, which alone imports
// these packages. The tables are separate because a harness imports the first and must not link a CGI host. A test
// checks that both have the same names.
//
// A new model needs a package that exports a [Package], and the two rows. Nothing else in the project has to change.
package model

import (
	"context"
	"log"
	"net/http"
	"sync/atomic"

	"forktax/workload/contract"
)

// A Package implements one or more execution models. Program.Model selects the model.
type Package struct {
	// Start returns a server for p. The end of ctx must not abort requests in progress. It is nil for a model that another
	// program serves.
	Start func(ctx context.Context, p Program) (Server, error)
	// IsChild reports whether a host of this package has started this process. IsChild and Child are nil if the package
	// starts no children.
	IsChild func() bool
	// Child is the main function of a child.
	Child func(ctx context.Context, p Program) error
}

// A Program is a program that a model serves.
type Program struct {
	// Name is the name of the program, for messages.
	Name string
	// Model is the model, with the lifetimes of process, state and connections.
	Model contract.Model
	// Open creates the state. Connect, which it returns, opens the connections and creates the handler.
	Open func(ctx context.Context) (Connect, error)
	// Connections returns the number of connections that this process has opened.
	Connections func() int64
	// Executable returns an executable to host instead of this program. Nil means this program.
	Executable func() (Executable, error)
	// Env names the environment variables that Open reads.
	Env []string
	// Authorization reports that the handler reads the header Authorization.
	Authorization bool
	// Limits bounds the children.
	Limits contract.ChildLimits
	// Logger logs errors of requests and children.
	Logger *log.Logger
}

// Connect opens the connections of a handler, and returns the handler and a function that closes the connections.
type Connect = func(ctx context.Context) (handler http.Handler, shut func() error, err error)

// An Executable is a third-party CGI program, or a directory of such programs. Its fields are those of
// [forktax/cgi.Host] with the same names; Env names inherited variables. All fields except Path are optional.
type Executable struct {
	Path          string
	Args          []string
	Root          string
	Dir           string
	Documents     string
	Env           []string
	Authorization bool
	Streams       bool
}

// A Server serves a program under a model.
type Server struct {
	// Handler serves the requests.
	Handler http.Handler
	// Stats returns the counts of child processes. Nil means that the model has no children.
	Stats func() Stats
	// Children returns the running children and those that exited last. Nil means that the model has none.
	Children func() []contract.Child
	// Close releases the resources of the server. It is called when no request is in progress. Nil means that there is
	// nothing to close.
	Close func() error
}

// Stats holds counts of child processes since the start of a server.
type Stats struct {
	Started         int64 // children started
	Running         int64 // children running now
	Failed          int64 // children that could not be started or had no valid response
	Waiting         int64 // requests waiting for a slot now
	Refused         int64 // requests refused with status 503 because the queue was full
	Connections     int64 // connections to databases and directories that children reported
	PeakMemoryBytes int64 // highest peak resident set size that a child reported; 0 if none did
}

// Raise sets v to n unless it is already higher.
func Raise(v *atomic.Int64, n int64) {
	for {
		old := v.Load()
		if n <= old || v.CompareAndSwap(old, n) {
			return
		}
	}
}
