package analysis

import (
	"time"

	"forktax/bench/record"
)

// What the tests reach of the inside, from outside of the package.

// Why is what the report says of a cross-check.
func Why(a CrossCheck) string { return a.explanation() }

// Overloaded says whether blocks of an open loop, of this planned length, show an overload.
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

// Missing is what a Tally finds in a whole record.
func Missing(r *record.Result) ([]int, error) { return new(Tally).missing(r) }

// StartUps are the curves of a record, and where they break even with one of the cells.
func StartUps(r *record.Result, cells []Cell) []StartUp { return startUps(r, cells) }

// StartClasses classifies starts by their blocks.
func StartClasses(samples []Sample) Counts { return startClasses(samples) }
