package wasm

import (
	"bytes"
	"fmt"
	"time"

	"forktax/cgi/child"
	"forktax/cgi/message"
	"forktax/workload/contract"
)

// A response is the response of a module, which is its standard output.
type response struct {
	message.Reply // its status is 0 until the header is complete
	limits        contract.ChildLimits

	held    []byte    // the header until it is complete, then the part of the body that is held back
	length  int64     // bytes of the body so far
	flushes bool      // all data is sent as soon as it arrives
	head    int64     // when the header was complete, by contract.Now
	failed  error     // why the response is not valid
	heard   func()    // called whenever data arrives, and when it was passed on
	end     time.Time // of the limit for the whole request; zero if there is none
}

func (r *response) Write(p []byte) (int, error) {
	if r.failed == nil {
		r.heard()
		r.failed = r.take(p)
	}
	if r.failed != nil {
		return 0, r.failed
	}
	return len(p), nil
}

// headEnds are the ends of a header.
var headEnds = [][]byte{[]byte("\n\n"), []byte("\n\r\n")}

func (r *response) take(p []byte) error {
	r.held = append(r.held, p...)
	if r.Status == 0 {
		end := endOfHead(r.held)
		length := end
		if end < 0 {
			length = len(r.held)
		}
		if most := r.limits.ResponseHeader; most > 0 && int64(length) > most {
			return fmt.Errorf("the response header has more than %d bytes", most)
		}
		if end < 0 {
			return nil
		}
		var err error
		r.Status, r.Header, err = message.ParseHead(r.held[:end])
		if err != nil {
			return fmt.Errorf("the response header is not valid: %w", err)
		}
		r.head = contract.Now()
		r.flushes = child.TakeFlush(r.Header)
		r.held = r.held[:copy(r.held, r.held[end:])]
		r.length = int64(len(r.held))
	} else {
		r.length += int64(len(p))
	}
	if most := r.limits.Response; most > 0 && r.length > most {
		return fmt.Errorf("the response body has more than %d bytes", most)
	}
	if r.flushes || len(r.held) > message.MostHeld {
		r.pass()
	}
	if r.flushes {
		r.Flush()
	}
	return nil
}

// endOfHead returns the length of the header with the empty line at its end, or -1 if it is not complete.
func endOfHead(text []byte) int {
	least := -1
	for _, end := range headEnds {
		if i := bytes.Index(text, end); i >= 0 && (least < 0 || i+len(end) < least) {
			least = i + len(end)
		}
	}
	return least
}

// pass passes on what is held back. A client that reads slowly keeps the instance from going on, but no longer than the
// limit for the request.
func (r *response) pass() {
	if !r.end.IsZero() {
		r.Bound(r.end)
	}
	r.Pass(r.held)
	r.held = r.held[:0]
	r.heard()
}
