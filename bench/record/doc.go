// Package record reads and writes the files in a run's directory: observations, blocks and the environment.
//
// A Record is written during a run; Read and Follow return a Result. Package run writes records, package analysis
// evaluates them. This package does not judge blocks: validity rules are applied during analysis.
package record
