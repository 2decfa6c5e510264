package process

import (
	"regexp"
	"strings"
	"unicode"
)

// Limits on the part of a log that is reported: enough to show the cause without filling the report.
const (
	maxLogLines = 5
	maxLogLine  = 300 // bytes
)

// goTimes matches the timestamps of package log, wherever they are in a line.
var goTimes = regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(\.\d+)? `)

// LogLines returns the lines that the program logged since the previous call, with one message of each kind.
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
