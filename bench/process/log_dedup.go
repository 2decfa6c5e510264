package process

import (
	"regexp"
	"slices"
	"strings"

	"forktax/bench/foreign"
)

// number is a run of digits.
var number = regexp.MustCompile(`\d+`)

// DedupLog returns the first message of each kind in a log, for up to most kinds. Messages are of the same kind if
// they differ only in numbers, such as times and ports. A message is a line with its continuation lines, for example a
// Python traceback.
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

// hostPrefix matches the prefix that a CGI host puts before the log lines of its children: program, model and request.
var hostPrefix = regexp.MustCompile(`^\S+ \S+: [A-Z]+ /\S*: `)

// unprefixed returns a line without the prefix of a CGI host.
func unprefixed(line string) string { return line[len(hostPrefix.FindString(line)):] }

// tracebackHead is the first line of a Python traceback, whose last line is not indented.
const tracebackHead = "Traceback (most recent call last):"

// messages groups lines into messages: an indented line continues the previous one, and a traceback ends with the
// exception.
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

// IsContinuation reports whether the log line is indented and so continues the previous line.
func IsContinuation(line string) bool {
	return strings.HasPrefix(strings.Replace(unprefixed(line), "\t", " ", 1), " ")
}

// Number of lines kept of a long message: its head, and its end, which has the cause.
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

// Logged formats log lines as the end of an error text: a single line follows the text, several lines are put below it.
// It removes the prefix of a CGI host that all lines share.
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
