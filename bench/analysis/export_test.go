package analysis

import (
	"time"

	"forktax/bench/record"
)

// Unexported functions for tests in package analysis_test.

// Why returns the explanation of a cross-check.
func Why(a CrossCheck) string {
	_, text := a.explanation()
	return text
}

// Overloaded reports whether open-loop blocks of the planned length show an overload.
func Overloaded(length time.Duration, blocks [][]record.Observation) bool {
	var sum backlog
	for _, block := range blocks {
		var q backlog
		for _, o := range block {
			q.add(o, length)
		}
		sum.merge(q)
	}
	return sum.overloaded()
}

// Missing returns what a Tally finds in a complete record.
func Missing(r *record.Result) ([]int, error) { return new(Tally).missing(r) }

// StartUps returns the start-up curves of a record and their break-even points with one of the cells.
func StartUps(r *record.Result, cells []Cell) []StartUp { return startUps(r, cells) }

// StartClasses classifies the starts of a cell by their blocks.
func StartClasses(samples []Sample) Counts { return startClasses(samples) }

// Recyclings fits the cost of a request to the number of requests of a process.
func Recyclings(a *Analysis) []Recycling { return recyclings(a) }
