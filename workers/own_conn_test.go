package workers

import "testing"

// A reader of requests knows when one is complete, however its records arrive.
func TestRequestReader(t *testing.T) {
	head := appendRecord(appendStream(appendBegin(nil), params, []byte("variables")), params, requestID, nil)
	body := appendStream(nil, stdin, []byte("a part of a body"))
	last := appendRecord(nil, stdin, requestID, nil)
	for _, size := range []int{1, 3, 8, 1000} {
		var r requestReader
		feed := func(b []byte) {
			for len(b) > 0 {
				n := min(size, len(b))
				r.read(b[:n])
				b = b[n:]
			}
		}
		check := func(when string, want int) {
			t.Helper()
			if r.state != want {
				t.Errorf("in parts of %d bytes, %s: state %d, want %d", size, when, r.state, want)
			}
		}
		check("at first", noRequest)
		for range 2 {
			feed(head)
			check("after the variables", requestBegun)
			feed(body)
			check("in the body", requestBegun)
			feed(last)
			check("after the body", requestComplete)
			r.state = noRequest // its response is complete
		}
		feed(head)
		r.state = noRequest // its response is complete before its body has arrived
		feed(body)
		feed(last)
		check("after the rest of a request that was responded to", noRequest)
		feed(head)
		check("in the next one", requestBegun)
	}
}
