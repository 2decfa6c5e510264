package workload

import (
	"context"
	"net/http"
	"sync/atomic"

	"forktax/workload/contract"
	"forktax/workload/model"
)

type (
	// A Request is a request that a load can send, with the expected response.
	Request = contract.Request
	// Want is the expected response to a Request.
	Want = contract.Want
	// Connect opens the connections of a handler, and returns the handler and a function that closes the connections.
	Connect = model.Connect
	// An Executable is a third-party CGI program, or a directory of such programs.
	Executable = model.Executable
)

// A Workload is a program that can be served under all execution models. Name, Requests, and either Open or Executable
// are required.
type Workload struct {
	// Name is the name of the program, for messages and reports.
	Name string
	// About describes the program in one line for users.
	About string
	// Requests are the requests that a load can send.
	Requests []Request
	// Open creates the state of the program other than connections, such as parsed templates. Connect, which it returns,
	// opens connections to databases and creates the handler. The execution model decides whether each runs once or for
	// each request. See [Handler] and [ConnectOnly] for simpler programs.
	Open func(ctx context.Context) (Connect, error)
	// Prepare creates the data that Open needs in the directory dir, with the same content each time, and returns the
	// environment variables to serve with. If Database is a server, Prepare creates the data in the database named by
	// [contract.EnvDatabase].
	Prepare func(ctx context.Context, dir string) (env map[string]string, err error)
	// Database is the kind of the database with the data: "sqlite" for a database inside the program, or "postgres" for a
	// server that the harness provides.
	Database string
	// Env names the environment variables that Open reads. A CGI child gets only these, the variables of CGI, and those
	// that control Go's runtime.
	Env []string
	// Authorization passes the headers Authorization and Proxy-Authorization to CGI children. Set it only if the program
	// authenticates clients itself.
	Authorization bool
	// Executable returns a program that is executed for each request instead of this one. Nil means this program. Such a
	// workload has only the models with one process per request, and no Open.
	Executable func() (Executable, error)
	// Python reports that Executable may be a script in Python, which a process that has loaded it can be forked for.
	Python bool
	// Module reports that the program can be compiled to a WebAssembly module, with GOOS=wasip1 and GOARCH=wasm. It then
	// has the models that serve one; see [ServeNext].
	Module bool
	// Wasm is the package that serves the module named by Executable. Only forktax-wasm sets it, which other programs
	// execute for these models.
	Wasm *model.Package
	// Setup runs once in the serving process before the first request, under all models. It is for effects on the machine
	// that do not belong to the program, such as a connection that keeps an embedded database from deleting its log when
	// the last process closes it. Release undoes them at the end. Setup may be nil.
	Setup func(ctx context.Context) (release func() error, err error)
	// Middleware wraps the handler in the serving process, under all models, as a web server authenticates clients before
	// it starts a CGI program. Shut is called at the end. Middleware may be nil.
	Middleware func(next http.Handler) (front http.Handler, shut func() error, err error)
}

// Handler returns an Open function for a handler that needs neither state nor connections.
func Handler(h http.Handler) func(context.Context) (Connect, error) {
	return ConnectOnly(func(context.Context) (http.Handler, func() error, error) {
		return h, func() error { return nil }, nil
	})
}

// ConnectOnly returns an Open function for a program that does not separate its state from its connections: connect
// creates both. The models reconnect and reload are then the same.
func ConnectOnly(connect Connect) func(context.Context) (Connect, error) {
	return func(context.Context) (Connect, error) { return connect, nil }
}

var connections atomic.Int64

// ConnectionOpened counts a connection to a database or directory. A workload calls it whenever its driver opens one.
// The usage and the metrics of a target have the total, including connections of children. It is safe for concurrent
// use.
func ConnectionOpened() { connections.Add(1) }
