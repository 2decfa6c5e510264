package message

import (
	"bytes"
	"fmt"

	"forktax/bench/foreign"
)

const (
	// LongestLine is the length in bytes after which a line of a program's standard error is split for the log, before
	// control characters are escaped.
	LongestLine = 4 << 10
	// mostLogged is the number of bytes that are logged for the standard error of a request, with the time and request of
	// each line.
	mostLogged = 1 << 20
)

// Lines passes the standard error of a program on to the log, by line.
type Lines struct {
	Log     func(line []byte)      // nil: nothing is logged
	Keep    func(line []byte) bool // reports whether a line is not for the log; nil: all are
	PerLine int                    // bytes that the log adds to a line

	rest    []byte // beginning of an incomplete line
	logged  int    // bytes of the log
	dropped int64  // bytes that were not logged
}

// Write logs complete lines and keeps the rest.
func (l *Lines) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, newline)
		if most := LongestLine - len(l.rest); len(line) > most {
			line, after, whole = rest[:most], rest[most:], true // the line is split
		}
		rest = after
		l.rest = append(l.rest, line...)
		if whole {
			l.line(l.rest)
			l.rest = l.rest[:0]
		}
	}
	return len(p), nil
}

var newline = []byte("\n")

func (l *Lines) line(line []byte) {
	if l.Keep != nil && l.Keep(line) || l.Log == nil {
		return
	}
	if line = bytes.TrimRight(line, "\r"); len(line) == 0 {
		return
	}
	more := len(foreign.Line(string(line))) + l.PerLine
	if l.logged+more > mostLogged {
		l.dropped += int64(len(line))
		return
	}
	l.logged += more
	l.Log(line)
}

// End logs a last line without a newline, and says what was not logged.
func (l *Lines) End() {
	if len(l.rest) > 0 {
		l.line(l.rest)
		l.rest = nil
	}
	if l.dropped > 0 {
		l.Log(fmt.Appendf(nil, "%d more bytes on standard error are not logged", l.dropped))
		l.dropped = 0
	}
}
