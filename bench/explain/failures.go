package explain

import (
	"context"
	"time"

	"forktax/bench/record"
	"forktax/bench/subject"
)

// Limits on how often a program is started again whose first response is wrong, to count how often that is so.
const (
	recountStarts = 8
	recountFor    = 2 * time.Second
)

// respond returns the response of a start, and counts it. It is an error if there is none, or if it was not asked for.
func (s *profile) respond(start Start) (Response, error) {
	a, err := start.Response()
	class := record.ErrMalformed
	if err == nil && !s.asked.Accepts(a.Status) {
		class = record.ErrWrongStatus
		sent := subject.Response{Status: a.Status, Body: a.Body}
		err = s.asked.Unwanted(sent, subject.Failure{Log: start.logLines()})
	}
	if err == nil {
		s.counted.Add("", a.Status, nil)
		return a, nil
	}
	s.counted.Add(class, a.Status, a.Body)
	s.failed = record.MergeLogLines(s.failed, start.logLines())
	return a, err
}

// recount starts the program again, to count how often its response is wrong.
func (s *profile) recount(ctx context.Context) {
	for end := time.Now().Add(recountFor); s.counted.Requests < recountStarts && time.Now().Before(end); {
		start, err := s.command.Run(ctx)
		if err != nil {
			return
		}
		_, _ = s.respond(start) // which counts it
	}
}

// noteFailures notes how many starts gave a wrong response, which is not an explanation of the program.
func (s *profile) noteFailures() (failure string) {
	if s.counted.Failed() == 0 {
		return ""
	}
	failure = s.counted.Text("") + record.FormatLog(s.failed)
	s.note(failure,
		"find out why the program responds so: each request is one start, and those that failed are not measured")
	return failure
}
