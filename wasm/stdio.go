package wasm

import (
	"io"
	"log"
	"time"

	"forktax/bench/foreign"
	"forktax/cgi/child"
	"forktax/cgi/message"
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
	message.Lines
	report child.Report
}

// begin begins with the output for a request. The prefix is that of each line.
func (e *errorOutput) begin(logger *log.Logger, prefix string) {
	*e = errorOutput{}
	e.Keep, e.PerLine = e.report.Read, len(prefix)
	e.Log = func(line []byte) {
		if logger != nil {
			logger.Printf("%s%s", prefix, foreign.Line(foreign.WithoutSecrets(string(line))))
		}
	}
}
