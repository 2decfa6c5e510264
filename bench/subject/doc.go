// Package subject is what is measured: programs, their requests, and the responses that are expected.
//
// It finds workload programs or builds them, asks them to describe themselves and to prepare their data, starts them as
// targets, and records the responses of those that do not describe any. It speaks the program contract from the
// harness's side; package workload is the other side in Go.
package subject
