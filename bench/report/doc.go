// Package report makes an Analysis of a recorded run, and prints it: one file for each format, all of the same Analysis.
// Nothing here measures, and nothing that prints computes.
package report
