package record

import (
	"fmt"

	"forktax/bench/subject"
	"forktax/bench/units"
)

// A FailureCount counts requests, and those of them that failed.
type FailureCount struct {
	Requests int // failed ones included
	Errors   Counts
	Failures Failures
}

// Add counts a request. Its class is "" if its response was right, which else had this status, 0 if there was none, and
// this body.
func (n *FailureCount) Add(class string, status int, body []byte) {
	n.observe(Observation{Err: class, Status: status}, nil)
	n.excerpt(class, body)
}

// observe counts a request of a mix with these names, or of none.
func (n *FailureCount) observe(o Observation, names []string) {
	n.Requests++
	if o.Err == "" {
		return
	}
	if n.Errors == nil {
		n.Errors, n.Failures = Counts{}, Failures{}
	}
	n.Errors[o.Err]++
	n.Failures.observe(o, n.Requests, names)
}

// excerpt takes how the body of the first response of a class began.
func (n *FailureCount) excerpt(class string, body []byte) {
	if f := n.Failures[class]; f != nil && f.FirstLine == "" {
		f.FirstLine = subject.FirstLine(body)
	}
}

// Failed is how many of the requests failed.
func (n *FailureCount) Failed() int { return Block{Errors: n.Errors}.Failed() }

// String returns how many requests failed, and how: "3 of 8 requests failed: 3 wrong status; 500 3 times, from request
// 2 on".
func (n *FailureCount) String() string { return n.Text("") }

// Text is String with what the requests are of, if that is not "": "3 of 8 requests of a/get, cgi failed: …".
func (n *FailureCount) Text(of string) string {
	if of != "" {
		of = " of " + of
	}
	return fmt.Sprintf("%d of %s%s failed: %s", n.Failed(), units.Plural(n.Requests, "request"), of,
		n.Failures.Describe(n.Errors))
}
