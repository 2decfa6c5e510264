// Package check decides whether a candidate costs more than its base: it finds the two programs, counts what has no noise,
// measures both in turn, and asks the sequential test whether to go on.
//
// The test itself is in package stats/sequential, and the verdict of a record in package analysis, so that a report can
// show it without measuring anything.
package check
