package process

import (
	"regexp"
	"strings"
	"unicode"
)

// Limits on what is told of a log: enough to name what is wrong, and not so much that a report is all about it.
const (
	maxLogLines = 5
	maxLogLine  = 300 // bytes
)

// goTimes are those of package log, wherever its prefix is.
var goTimes = regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(\.\d+)? `)

// LogLines returns what the program logged since the call before, each kind of message once.
func (p *Process) LogLines() []string {
	var lines []string
	for _, line := range p.log.newLines() {
		line = strings.TrimRightFunc(goTimes.ReplaceAllString(line, ""), unicode.IsSpace)
		if len(line) > maxLogLine {
			line = strings.ToValidUTF8(line[:maxLogLine], "") + "…"
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return DedupLog(lines, maxLogLines)
}
