package message

import (
	"io"
	"net/http"
	"time"
)

// TimedReader returns a reader of a request body whose reads each time out after idle, and all of them after total.
// Zero means no limit.
func TimedReader(from io.Reader, control *http.ResponseController, idle, total time.Duration) io.Reader {
	return &timedReader{from, control, idle, deadlineAfter(total)}
}

// ReadTimed fills p from a request body, each part of which may take idle, and all of it total. Zero means no limit.
func ReadTimed(p []byte, from io.Reader, control *http.ResponseController, idle, total time.Duration) error {
	if idle > 0 || total > 0 {
		from = TimedReader(from, control, idle, total)
	}
	_, err := io.ReadFull(from, p)
	if err == nil { // otherwise nothing more is read
		_ = control.SetReadDeadline(time.Time{})
	}
	return err
}

type timedReader struct {
	io.Reader
	control *http.ResponseController
	idle    time.Duration // 0 or less for no limit
	end     time.Time     // zero for no limit
}

func (p *timedReader) Read(b []byte) (int, error) {
	until := deadlineAfter(p.idle)
	if until.IsZero() || !p.end.IsZero() && p.end.Before(until) {
		until = p.end
	}
	_ = p.control.SetReadDeadline(until) // if unsupported, the server's own timeouts apply
	return p.Reader.Read(b)
}

// deadlineAfter returns the time after which a limit is exceeded; the zero time if there is none.
func deadlineAfter(limit time.Duration) time.Time {
	if limit <= 0 {
		return time.Time{}
	}
	return time.Now().Add(limit)
}
