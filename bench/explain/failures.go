package explain

import (
	"context"
	"time"

	"forktax/bench/record"
	"forktax/bench/subject"
)

// Limits on the further starts of a program whose first response is wrong. They show how often the response is wrong.
const (
	recountStarts = 8
	recountFor    = 2 * time.Second
)

// respond returns the response of a start, and counts it. It returns an error if there is no response, or if the status
// is not the expected one.
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

// recount starts the program again to count how often its response is wrong.
func (s *profile) recount(ctx context.Context) {
	for end := time.Now().Add(recountFor); s.counted.Requests < recountStarts && time.Now().Before(end); {
		start, err := s.command.Run(ctx)
		if err != nil {
			return
		}
		_, _ = s.respond(start) // counts the response
	}
}

// noteFailures adds a note on the starts that returned a wrong response, and returns its text; "" if there are none.
func (s *profile) noteFailures() (failure string) {
	if s.counted.Failed() == 0 {
		return ""
	}
	failure = s.counted.Text("") + record.FormatLog(s.failed)
	s.note(failure,
		"find out why these responses are wrong; each request is one start, and failed starts are not measured")
	return failure
}
