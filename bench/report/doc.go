// Package report prints an analysis: as text, Markdown, HTML, CSV, JSON and the formats of other tools, one file a
// format.
//
// It computes nothing: package analysis does.
package report
