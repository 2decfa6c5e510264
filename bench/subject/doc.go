// Package subject describes and starts what is measured: programs, their requests, and the expected responses.
//
// It finds or builds workload programs, runs their commands describe and prepare, starts them as targets, and records
// the responses of programs that do not describe any. It implements the harness's side of the program contract; package
// workload implements the program's side in Go.
package subject
