// Package plan decides what a run does: which cells are visited, under which load, how often and in which order.
//
// A Plan depends on its options and its seed alone. Package run executes it; package record keeps it with the results.
package plan
