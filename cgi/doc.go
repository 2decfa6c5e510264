// Package cgi implements the execution model "one process per request" (CGI, RFC 3875). [Host] is the long-running
// HTTP handler that starts the processes; [Child] is the side that runs in each of them.
//
// Host wraps the unmodified [net/http/cgi.Handler] and adds what a host needs under load:
//   - limits on children and request bodies, and the termination of every child that exceeds them
//   - the variables and response rules of RFC 3875 that the library leaves out
//   - counts of what happened, see [Stats]
//
// Limits, termination and PID discovery need Linux. On other systems the host runs without them.
//
// Package persistent implements the model "one long-running process". Package workload builds programs that can run
// under either model.
package cgi
