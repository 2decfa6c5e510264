package wasm

import (
	"bytes"
	"io"
	"log"
	"time"

	"forktax/bench/foreign"
	"forktax/cgi/child"
)

// A stdio has the standard streams of an instance for its present request. It is the standard input.
type stdio struct {
	head []byte    // what the input begins with
	body io.Reader // the rest; nil if there is none
	out  output
	err  errorOutput
	done <-chan struct{} // closed when the request has to end; nil if there is none
}

// sleep sleeps for some nanoseconds, or until the request has to end.
func (s *stdio) sleep(ns int64) {
	timer := time.NewTimer(time.Duration(ns))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}

func (s *stdio) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	if s.body == nil {
		return 0, io.EOF
	}
	return s.body.Read(p)
}

// An output is the standard output of an instance.
type output struct{ to io.Writer }

func (o *output) Write(p []byte) (int, error) {
	if o.to == nil {
		return len(p), nil // no request is being served
	}
	return o.to.Write(p)
}

// An errorOutput is the standard error of an instance. Its lines are logged, except the report.
type errorOutput struct {
	logger *log.Logger
	prefix string // of each line
	line   []byte // the last line, which is not complete
	report child.Report
}

// longestLine is the number of bytes after which a line is logged in parts.
const longestLine = 4 << 10

func (e *errorOutput) Write(p []byte) (int, error) {
	e.line = append(e.line, p...)
	for {
		end := bytes.IndexByte(e.line, '\n')
		if end < 0 && len(e.line) < longestLine {
			return len(p), nil
		}
		if end < 0 {
			end = longestLine - 1
		}
		e.log(e.line[:end])
		e.line = e.line[:copy(e.line, e.line[end+1:])]
	}
}

func (e *errorOutput) log(line []byte) {
	if e.report.Read(line) || e.logger == nil {
		return
	}
	e.logger.Printf("%s%s", e.prefix, foreign.Line(foreign.WithoutSecrets(string(line))))
}

// flush logs a line that is not complete.
func (e *errorOutput) flush() {
	if len(e.line) > 0 {
		e.log(e.line)
		e.line = e.line[:0]
	}
}
