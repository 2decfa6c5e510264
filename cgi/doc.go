// Package cgi implements the execution model "one process per request" (CGI, RFC 3875). [Host] is the long-running
// HTTP handler that starts the processes, and [Library] the same by [net/http/cgi]; package child is the side that runs in
// each of them. A Host has
//   - limits on children and request bodies, and ends every child that exceeds them
//   - the variables and response rules of RFC 3875, also those that the library leaves out
//   - counts of what happened, see [Stats]
//
// Limits, termination and PID discovery need Linux. On other systems the host runs without them.
//
// Package persistent implements the model "one long-running process". Package workload builds programs that can run
// under either model.
package cgi
