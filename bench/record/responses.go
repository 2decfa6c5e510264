package record

import (
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Response describes what a target responded to a request before the measurement.
type Response struct {
	Workload    string `json:"workload"`
	Request     string `json:"request"`
	Model       string `json:"model"`
	Status      int    `json:"status"`
	ContentType string `json:"content_type,omitempty"`
	Bytes       int    `json:"bytes"`                // length of the body
	FirstLine   string `json:"first_line,omitempty"` // first line of the body that is not blank, perhaps shortened
	SHA256      string `json:"sha256"`               // hash of the body after masking, in hexadecimal
	Masked      bool   `json:"masked,omitempty"`     // masks cover the whole body, so nothing of it is compared
}

// NewResponse returns the description of a response.
func NewResponse(workload, model, request string, r subject.Response, masks subject.Masks) Response {
	return Response{Workload: workload, Model: model, Request: request, Status: r.Status,
		ContentType: r.Headers.Get("Content-Type"), Bytes: len(r.Body), FirstLine: subject.FirstLine(r.Body),
		SHA256: subject.Hash(masks.Apply(r.Body)), Masked: masks.HideAll(r.Body)}
}

// Describe records the responses of the targets before the measurement.
func (r *Record) Describe(responses []Response) error {
	if len(responses) == 0 {
		return nil
	}
	return r.writeLine(entry{Responses: responses})
}

// Hash returns the SHA-256 of the bytes, in hexadecimal.
func Hash(b []byte) string { return subject.Hash(b) }

// Redacted returns a copy of the request without secrets, fit to be stored.
func Redacted(r contract.Request) contract.Request { return subject.RedactRequest(r) }

// AddLost records that a run goes on without a contender.
func (r *Record) AddLost(l Lost) error { return r.writeLine(entry{Lost: &l}) }
