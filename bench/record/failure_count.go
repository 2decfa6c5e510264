package record

import (
	"fmt"

	"forktax/bench/subject"
	"forktax/bench/units"
)

// A FailureCount counts requests and failed requests.
type FailureCount struct {
	Requests int // failed ones included
	Errors   Counts
	Failures Failures
}

// Add counts a request. The class is "" if its response was right. status and body are the status and body of a wrong
// response; the status is 0 if there was no response.
func (n *FailureCount) Add(class string, status int, body []byte) {
	n.observe(Observation{Err: class, Status: status}, nil)
	n.excerpt(class, body)
}

// observe counts a request. For a mix, names has the names of its requests.
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

// excerpt stores the first line of the first body of a class.
func (n *FailureCount) excerpt(class string, body []byte) {
	if f := n.Failures[class]; f != nil && f.FirstLine == "" {
		f.FirstLine = subject.FirstLine(body)
	}
}

// Failed returns the number of failed requests.
func (n *FailureCount) Failed() int { return Block{Errors: n.Errors}.Failed() }

// String returns the number and the kinds of failed requests: "3 of 8 requests failed: 3 wrong status; 500 3 times,
// from request 2 on".
func (n *FailureCount) String() string { return n.Text("") }

// Text is String with the name of the cell, unless of is "": "3 of 8 requests of a/get, cgi failed: …".
func (n *FailureCount) Text(of string) string {
	if of != "" {
		of = " of " + of
	}
	return fmt.Sprintf("%d of %s%s failed: %s", n.Failed(), units.Plural(n.Requests, "request"), of,
		n.Failures.Describe(n.Errors))
}
