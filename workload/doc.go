// Package workload turns an [http.Handler] into a workload program: one executable that serves the handler from a
// long-running process, or from a new process for each request (CGI). The two can be compared without other
// differences.
//
// The main function of such a program is
//
//	func main() { workload.Main(w) }
//
// where w is a [Workload]. The program implements the program contract (docs/contract.md), by which forktax measures
// it:
//
//	PROGRAM describe                           print its requests and the expected responses as JSON
//	PROGRAM prepare -dir DIR                   create its data; print the environment to serve with
//	PROGRAM serve -model M -addr A -admin B    serve under model M, one of contract.Models
//
// Everything that this package imports is linked into each CGI child and initialized for each request. So it imports
// only the standard library and the packages of the models, which a test checks. The Prometheus library alone would add
// 1.1 ms to the 1.9 ms of the smallest child.
package workload
