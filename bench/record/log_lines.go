package record

import "forktax/bench/process"

// maxLogLines is how many lines are kept of a target's log, each kind of line once.
const maxLogLines = 5

// MergeLogLines adds more lines of a target's log to those that are there, each kind of line once, and not too many.
func MergeLogLines(lines, more []string) []string {
	return process.DedupLog(append(lines, more...), maxLogLines)
}
