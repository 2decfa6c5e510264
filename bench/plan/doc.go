// Package plan decides what a run does: which cells it visits, under which load, how often and in which order.
//
// A Plan depends only on its options and its seed. Package run executes plans; package record stores them with the
// results.
package plan
