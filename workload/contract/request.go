package contract

import (
	"cmp"
	"net/http"
	"strings"
)

// Version is the version of the program contract that this module speaks; see docs/contract.md.
const Version = 1

// A Description is what PROGRAM describe prints: all that a harness needs to know of a workload program.
type Description struct {
	Contract int       `json:"contract"`
	Name     string    `json:"name"`
	About    string    `json:"about,omitempty"`
	Models   []string  `json:"models"`
	Database string    `json:"database,omitempty"` // that keeps its data: "sqlite" is a part of it, "postgres" a server
	Requests []Request `json:"requests"`
}

// A Request is one that a load may send, with what a right answer to it looks like.
type Request struct {
	Name    string            `json:"name"`
	Method  string            `json:"method"`
	Path    string            `json:"path"` // with its query
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Weight  int               `json:"weight,omitempty"` // its share of a mix; 0 means 1
	Want    Want              `json:"want"`

	// BodySHA256 is the SHA-256 of a body that is not spelled out, in hexadecimal. A harness writes it to its results; a
	// description has the body.
	BodySHA256 string `json:"body_sha256,omitempty"`
}

// SetHeaders gives req the headers of r.
func (r Request) SetHeaders(req *http.Request) {
	for name, value := range r.Headers {
		if strings.EqualFold(name, "Host") { // net/http takes it from elsewhere
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
}

// Want says what a right answer is. Only what is set is required of it.
type Want struct {
	Status     int               `json:"status"`                // 0 means 200
	Headers    map[string]string `json:"headers,omitempty"`     // these, whatever others there are
	Body       string            `json:"body,omitempty"`        // all of it, byte for byte
	BodySHA256 string            `json:"body_sha256,omitempty"` // in hexadecimal, for a body too long to spell out
	// Masks are regular expressions in RE2's syntax. What they match in a body or in the value of a header differs from
	// response to response, and is replaced by nothing before responses are compared; Body has it removed.
	Masks []string `json:"masks,omitempty"`
}

// StatusCode returns the status that a right answer has.
func (w Want) StatusCode() int { return cmp.Or(w.Status, http.StatusOK) }

// Bodiless reports whether a response with that status has no body, whatever the request.
func Bodiless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}
