package workload

import (
	"context"
	"net/http"
	"sync/atomic"

	"forktax/workload/contract"
	"forktax/workload/model"
)

// Request and Want are those of the program contract; Connect and Executable are what a model serves.
type (
	Request    = contract.Request
	Want       = contract.Want
	Connect    = model.Connect
	Executable = model.Executable
)

// A Workload is what a program serves. All but Name, Requests and Open, or Executable in its place, may be left out.
type Workload struct {
	Name     string
	About    string    // one line for people
	Requests []Request // what a load may send
	// Open makes what a program keeps besides connections, such as parsed templates. Connect, which it returns, opens
	// databases and makes the handler. The two are all that a program does before its first request, and how often each
	// runs is the execution model: once, or for each request. See Handler and ConnectOnly for programs with less to
	// tell apart.
	Open func(ctx context.Context) (Connect, error)
	// Prepare makes the data that Open needs in the folder dir, the same bytes each time, and returns the environment
	// variables to serve with. If Database names a kind of server, it makes the data there:
	// contract.EnvDatabase says where.
	Prepare func(ctx context.Context, dir string) (env map[string]string, err error)
	// Database is the kind of database that keeps the data: one that is a part of the program, such as "sqlite", or a
	// server that a harness has for it, such as "postgres".
	Database string
	// Env names the environment variables that Open reads: a CGI child is given these and those that steer Go's
	// runtime, and no others.
	Env []string
	// Authorization has a CGI child be given the header by which a client proves who it is. Others are not: what needs
	// no secret should have none.
	Authorization bool
	// Executable, if it is set, names what is executed for each request in the place of the program's own file. Such a
	// workload has the models with a process for each request only, and no Open: what happens there is not this
	// program's affair.
	Executable func() (Executable, error)
	// Setup is run once by the serving process, whatever the model, before the first request: for what belongs to the
	// machine and not to the program, such as a connection that keeps an embedded database's log from being deleted
	// whenever the last process leaves it. It returns what lets go.
	Setup func(ctx context.Context) (release func() error, err error)
	// Middleware, if it is set, puts a handler in front of what is served, in the serving process, whatever the model:
	// as a web server asks who a client is before it starts a CGI program. It returns what it closes at the end.
	Middleware func(next http.Handler) (front http.Handler, shut func() error, err error)
}

// Handler is the Open of a handler that needs no opening.
func Handler(h http.Handler) func(context.Context) (Connect, error) {
	return ConnectOnly(func(context.Context) (http.Handler, func() error, error) {
		return h, func() error { return nil }, nil
	})
}

// ConnectOnly is the Open of a program that does not tell its connections from the rest: connect does everything. To
// renew the connection then means to renew it all, so the models reconnect and reload are the same.
func ConnectOnly(connect Connect) func(context.Context) (Connect, error) {
	return func(context.Context) (Connect, error) { return connect, nil }
}

var connections atomic.Int64

// ConnectionOpened counts a connection to a database or directory. A workload calls it whenever its driver makes one;
// the count of a whole target, children included, is in its usage and its metrics.
func ConnectionOpened() { connections.Add(1) }
