package process

import (
	"regexp"
	"slices"
	"strings"

	"forktax/bench/foreign"
)

// number is a run of digits.
var number = regexp.MustCompile(`\d+`)

// DedupLog returns, of messages of a log that differ only in numbers, such as times and ports, the first, and of others
// the first so many. A message is a line with those that continue it, as of a Python traceback.
func DedupLog(lines []string, most int) []string {
	var first, kinds []string
	for _, message := range messages(lines) {
		kind := number.ReplaceAllLiteralString(strings.Join(message, "\n"), "0")
		if len(kinds) < most && !slices.Contains(kinds, kind) {
			first, kinds = append(first, abridged(message)...), append(kinds, kind)
		}
	}
	return first
}

// hostPrefix is what a program's name, its model and its request come to at the beginning of what its children log.
var hostPrefix = regexp.MustCompile(`^\S+ \S+: [A-Z]+ /\S*: `)

// unprefixed is a line without what its host has put before it.
func unprefixed(line string) string { return line[len(hostPrefix.FindString(line)):] }

// tracebackHead begins Python's messages of exceptions, whose last line is not indented.
const tracebackHead = "Traceback (most recent call last):"

// messages divides lines up: an indented line continues the one before it, and a traceback ends with the exception.
func messages(lines []string) [][]string {
	var all [][]string
	traceback := false
	for _, line := range lines {
		own := unprefixed(line)
		indented := IsContinuation(line)
		if len(all) > 0 && (indented || traceback) {
			all[len(all)-1] = append(all[len(all)-1], line)
			traceback = traceback && indented
			continue
		}
		all = append(all, []string{line})
		traceback = own == tracebackHead
	}
	return all
}

// IsContinuation reports whether the line of a log is indented, as those are that continue the one before.
func IsContinuation(line string) bool {
	return strings.HasPrefix(strings.Replace(unprefixed(line), "\t", " ", 1), " ")
}

// Limits on the lines of one message: its head, and its end, which has the cause.
const (
	messageHead = 3
	messageEnd  = 17
)

func abridged(message []string) []string {
	if len(message) <= messageHead+messageEnd {
		return message
	}
	return slices.Concat(message[:messageHead], []string{"  …"}, message[len(message)-messageEnd:])
}

// Logged returns the lines for the end of an error: one behind it, more of them below it, as they are. What a host has
// put before all of them is left out.
func Logged(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	prefix := hostPrefix.FindString(lines[0])
	if slices.ContainsFunc(lines, func(line string) bool { return line != "  …" && !strings.HasPrefix(line, prefix) }) {
		prefix = ""
	}
	own := make([]string, len(lines))
	for i, line := range lines {
		own[i] = foreign.Text(strings.TrimPrefix(line, prefix))
	}
	if len(own) == 1 {
		return "; it logged: " + own[0]
	}
	return "; it logged:\n  " + strings.Join(own, "\n  ")
}
