package record

import (
	"slices"
	"strings"

	"forktax/bench/foreign"
	"forktax/bench/process"
)

// maxLogLines is the largest number of lines kept of a target's log, without lines of the same kind.
const maxLogLines = 5

// MergeLogLines adds lines of a target's log to lines, drops lines of the same kind, and keeps at most maxLogLines.
func MergeLogLines(lines, more []string) []string {
	return process.DedupLog(append(lines, more...), maxLogLines)
}

// FormatLog returns the log lines in one line, for the end of a message. It leaves out continuation lines, such as the
// frames of a traceback.
func FormatLog(lines []string) string {
	lines = slices.DeleteFunc(slices.Clone(lines), process.IsContinuation)
	if len(lines) == 0 {
		return ""
	}
	return "; logged: " + foreign.Line(strings.Join(lines, "; "))
}
