package record

import (
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Response is what a target sent before it was measured.
type Response struct {
	Workload    string `json:"workload"`
	Request     string `json:"request"`
	Model       string `json:"model"`
	Status      int    `json:"status"`
	ContentType string `json:"content_type,omitempty"`
	Bytes       int    `json:"bytes"`                // of its body
	FirstLine   string `json:"first_line,omitempty"` // of its body that is not blank, or as much of it as is short
	SHA256      string `json:"sha256"`               // of its body without what masks match, in hexadecimal
	Masked      bool   `json:"masked,omitempty"`     // masks leave nothing of its body to be compared
}

// NewResponse describes a response.
func NewResponse(workload, model, request string, r subject.Response, masks subject.Masks) Response {
	return Response{Workload: workload, Model: model, Request: request, Status: r.Status,
		ContentType: r.Headers.Get("Content-Type"), Bytes: len(r.Body), FirstLine: subject.FirstLine(r.Body),
		SHA256: subject.Hash(masks.Apply(r.Body)), Masked: masks.HideAll(r.Body)}
}

// Describe puts on record what the targets sent before they were measured.
func (r *Record) Describe(responses []Response) error {
	if len(responses) == 0 {
		return nil
	}
	return r.writeLine(entry{Responses: responses})
}

// Hash is the SHA-256 of the bytes, in hexadecimal.
func Hash(b []byte) string { return subject.Hash(b) }

// Redacted returns the request as it may be written.
func Redacted(r contract.Request) contract.Request { return subject.RedactRequest(r) }
