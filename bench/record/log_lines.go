package record

import (
	"slices"
	"strings"

	"forktax/bench/foreign"
	"forktax/bench/process"
)

// maxLogLines is how many lines are kept of a target's log, each kind of line once.
const maxLogLines = 5

// MergeLogLines adds more lines of a target's log to those that are there, each kind of line once, and not too many.
func MergeLogLines(lines, more []string) []string {
	return process.DedupLog(append(lines, more...), maxLogLines)
}

// FormatLog is what the targets logged when requests failed, in one line: without what continues a line, such as the
// frames of a traceback.
func FormatLog(lines []string) string {
	lines = slices.DeleteFunc(slices.Clone(lines), process.IsContinuation)
	if len(lines) == 0 {
		return ""
	}
	return "; logged: " + foreign.Line(strings.Join(lines, "; "))
}
