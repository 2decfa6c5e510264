// Package analysis computes from a run's record what it shows: the validity of blocks, percentiles, comparisons with
// the baseline, phases, knees, costs, and the verdict of a check.
//
// It measures nothing and prints nothing: package run makes records, package report prints. Numbers come from package
// stats.
package analysis
