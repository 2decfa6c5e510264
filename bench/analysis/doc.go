// Package analysis computes results from the record of a run: block validity, percentiles, comparisons with the
// baseline, phases, knees, costs, warnings, and the verdict of a check.
//
// It neither measures nor prints: package run makes records, package report prints results. The statistics are in
// package stats.
package analysis
