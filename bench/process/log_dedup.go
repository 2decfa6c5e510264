package process

import (
	"regexp"
	"slices"
	"strings"

	"forktax/bench/foreign"
)

// number is a run of digits.
var number = regexp.MustCompile(`\d+`)

// DedupLog returns, of lines of a log that differ only in numbers, such as times and ports, the first, and of others
// the first so many.
func DedupLog(lines []string, most int) []string {
	var first, kinds []string
	for _, line := range lines {
		kind := number.ReplaceAllLiteralString(line, "0")
		if len(first) < most && !slices.Contains(kinds, kind) {
			first, kinds = append(first, line), append(kinds, kind)
		}
	}
	return first
}

// Logged returns the lines as they are shown, for the end of an error.
func Logged(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "; it logged: " + foreign.Line(strings.Join(lines, "; "))
}
