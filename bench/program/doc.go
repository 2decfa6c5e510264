// Package program speaks the program contract from the harness's side: it finds workload programs or builds them, asks
// them to describe themselves and to prepare their data, and launches them as targets. It knows nothing of what they
// are made of; package twin is the contract's other side in Go.
package program
