package record

import "forktax/bench/process"

// mostComplaints is how many kinds of lines are kept of a target's log.
const mostComplaints = 5

// MergeComplaints adds more lines of a target's log to those that are there, each kind of line once, and not too many.
func MergeComplaints(lines, more []string) []string {
	return process.DedupLog(append(lines, more...), mostComplaints)
}
