package wasm

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"net/http"

	"forktax/cgi/child"
	"forktax/cgi/message"
	"forktax/workload/contract"
)

// mostHeld is the size in bytes of the part of a response that is held back. Until the response is longer, or the
// module flushes it, the instance can still fail and the client get an error status.
const mostHeld = 8 << 10

// A response is the response of a module, which is its standard output.
type response struct {
	to     http.ResponseWriter
	limits contract.ChildLimits

	held    []byte // the header until it is complete, then the part of the body that is held back
	header  http.Header
	status  int    // 0 until the header is complete
	length  int64  // bytes of the body so far
	flushes bool   // all data is sent as soon as it arrives
	passed  bool   // a part of the response was sent
	head    int64  // when the header was complete, by contract.Now
	failed  error  // why the response is not valid
	left    bool   // the client has disconnected
	heard   func() // called whenever data arrives
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
	if r.status == 0 {
		end := endOfHead(r.held)
		if most := r.limits.ResponseHeader; most > 0 && int64(max(end, 0)) > most || end < 0 && most > 0 &&
			int64(len(r.held)) > most {
			return fmt.Errorf("the response header has more than %d bytes", most)
		}
		if end < 0 {
			return nil
		}
		var err error
		r.status, r.header, err = message.ReadHead(bufio.NewReader(bytes.NewReader(r.held[:end])))
		if err != nil {
			return fmt.Errorf("the response header is not valid: %w", err)
		}
		r.head = contract.Now()
		r.flushes = child.TakeFlush(r.header)
		r.held = r.held[:copy(r.held, r.held[end:])]
		r.length = int64(len(r.held))
	} else {
		r.length += int64(len(p))
	}
	if most := r.limits.Response; most > 0 && r.length > most {
		return fmt.Errorf("the response body has more than %d bytes", most)
	}
	if r.flushes || len(r.held) > mostHeld {
		r.pass()
	}
	if r.flushes {
		_ = http.NewResponseController(r.to).Flush() // if unsupported, the data is sent later
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

// pass passes on what is held back. What a client that has disconnected does not take is dropped.
func (r *response) pass() {
	if !r.passed {
		r.passed = true
		maps.Copy(r.to.Header(), r.header)
		r.to.WriteHeader(r.status)
	}
	if !r.left && len(r.held) > 0 && !contract.Bodiless(r.status) {
		_, err := r.to.Write(r.held)
		r.left = err != nil
	}
	r.held = r.held[:0]
}
