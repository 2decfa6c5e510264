// Package workload makes a workload program of a handler: one file that can serve it resident, or have a fresh process
// answer each request, so that the two can be compared with nothing else between them.
//
// A program is a Workload and one call:
//
//	func main() { workload.Main(workload) }
//
// and then keeps the program contract (docs/contract.md) by which forktax, or anybody, measures it:
//
//	PROGRAM describe                                    its requests, and what right answers are, as JSON
//	PROGRAM prepare -dir DIR                            its data; prints the environment to serve with
//	PROGRAM serve -model M -addr A -admin B          M: one of contract.Models
//
// Whatever this package imports is linked into each CGI child and started for each request. So it imports no more than
// the standard library and what the models need; Prometheus' library alone would have added 1.1 ms to the 1.9 ms of a
// smallest child. A test holds it to that.
package workload
