package process

import (
	"slices"
	"strings"
)

// DedupLog returns, of lines of a log that differ only in numbers, such as times and ports, the first, and of others the
// first so many.
func DedupLog(lines []string, most int) []string {
	var first, kinds []string
	for _, line := range lines {
		kind := withoutNumbers(line)
		if len(first) < most && !slices.Contains(kinds, kind) {
			first, kinds = append(first, line), append(kinds, kind)
		}
	}
	return first
}

// withoutNumbers has 0 in the place of each run of digits.
func withoutNumbers(line string) string {
	var b strings.Builder
	number := false
	for _, r := range line {
		if digit := '0' <= r && r <= '9'; !digit {
			b.WriteRune(r)
			number = false
		} else if !number {
			b.WriteByte('0')
			number = true
		}
	}
	return b.String()
}
