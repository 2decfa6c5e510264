package process

import (
	"regexp"
	"strings"
)

// Limits on what is told of a log: enough to name what is wrong, and not so much that a report is all about it.
const (
	mostComplaints   = 5
	longestComplaint = 300 // bytes
)

var (
	goTimes = regexp.MustCompile(`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(\.\d+)? `) // of package log, wherever its prefix is
	digits  = regexp.MustCompile(`\d+`)
)

// Complaints returns what the program logged since it was last called: of lines that differ only in numbers, such as times
// and ports, the first, and of others the first few.
func (p *Process) Complaints() []string {
	var kinds []string
	seen := map[string]bool{}
	for _, line := range p.log.news() {
		line = strings.TrimSpace(goTimes.ReplaceAllString(line, ""))
		kind := digits.ReplaceAllString(line, "0")
		if line == "" || seen[kind] || len(kinds) == mostComplaints {
			continue
		}
		seen[kind] = true
		if len(line) > longestComplaint {
			line = strings.ToValidUTF8(line[:longestComplaint], "") + "…"
		}
		kinds = append(kinds, line)
	}
	return kinds
}
