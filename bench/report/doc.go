// Package report prints an analysis: as text, Markdown, HTML, CSV, JSON and the formats of other tools. Each format
// has its own file.
//
// It computes nothing: package analysis does.
package report
