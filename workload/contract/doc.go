// Package contract is what programs under test and the harness share: the descriptions, requests and usage of the
// program contract, Server-Timing, the limits of CGI children, and the clock of the machine.
//
// It imports only the standard library. It is linked into every workload program, and each CGI child initialises it for
// one request.
package contract
