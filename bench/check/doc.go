// Package check decides whether a candidate costs more than its base. It finds the two programs, compares deterministic
// counts, measures both programs in turn, and stops when the sequential test has decided.
//
// The test itself is in package stats/sequential. The verdict on a record is in package analysis, so that a report can
// show it without measuring.
package check
