// Package record holds what a run observed: observations, blocks, the environment, and the files in the run's
// directory.
//
// A Record is written while a run goes on; Read and Follow return a Result. Package run makes records, package analysis
// computes from them. Nothing is judged here: rules of validity are applied when a record is analysed.
package record
