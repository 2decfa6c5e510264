// Package contract defines what workload programs and the harness share: the types of the program contract
// (docs/contract.md), the Server-Timing header, the limits of CGI children, and a clock that is common to all
// processes.
//
// It imports only the standard library, because it is linked into every workload program and initialized by each CGI
// child for one request.
package contract
