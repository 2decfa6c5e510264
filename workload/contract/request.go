package contract

import (
	"cmp"
	"net/http"
	"strings"
)

// Version is the version of the program contract that this module implements; see docs/contract.md.
const Version = 1

// A Description describes a workload program to a harness. The command describe of the program prints it as JSON.
type Description struct {
	Contract int       `json:"contract"` // version of the program contract
	Name     string    `json:"name"`
	About    string    `json:"about,omitempty"`    // one line for users
	Models   []string  `json:"models"`             // names of the execution models that it can serve
	Database string    `json:"database,omitempty"` // "sqlite" if it is part of the program, "postgres" for a server
	Requests []Request `json:"requests"`
}

// A Request is a request that a load can send, with the expected response.
type Request struct {
	Name    string            `json:"name"`
	Method  string            `json:"method"`
	Path    string            `json:"path"` // path with the query
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Weight  int               `json:"weight,omitempty"` // relative frequency in a mix; 0 means 1
	Want    Want              `json:"want"`

	// BodySHA256 is the hexadecimal SHA-256 of the body in the results of a harness, which omit the body. A description
	// has the body instead.
	BodySHA256 string `json:"body_sha256,omitempty"`
}

// SetHeaders sets the headers of r in req, including the host.
func (r Request) SetHeaders(req *http.Request) {
	for name, value := range r.Headers {
		if strings.EqualFold(name, "Host") { // net/http sends req.Host and ignores a Host header
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
}

// Want is the expected response to a request. Zero fields, except Status, are not compared.
type Want struct {
	Status     int               `json:"status"`                // 0 means 200
	Headers    map[string]string `json:"headers,omitempty"`     // required headers; others are allowed
	Body       string            `json:"body,omitempty"`        // complete body
	BodySHA256 string            `json:"body_sha256,omitempty"` // hexadecimal SHA-256 of a long body
	// Masks are regular expressions (RE2 syntax) for parts of bodies and header values that differ between responses.
	// Their matches are removed before responses are compared; Body does not contain them.
	Masks []string `json:"masks,omitempty"`
}

// StatusCode returns the expected status.
func (w Want) StatusCode() int { return cmp.Or(w.Status, http.StatusOK) }

// Bodiless reports whether a response with this status has no body, for any request method.
func Bodiless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}
