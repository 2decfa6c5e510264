// Package run executes a plan: it starts the targets, verifies that their responses are equivalent, visits every cell
// in turn, and records each block.
//
// It analyses nothing. A search, and a run that goes on until its comparisons have what they need, are given a function
// that judges (package analysis has them). Load comes from the engines of package load.
package run
