package record

import (
	"bytes"
	"strings"

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
}

// NewResponse describes a response.
func NewResponse(workload, model, request string, r subject.Response, masks subject.Masks) Response {
	return Response{Workload: workload, Model: model, Request: request, Status: r.Status,
		ContentType: r.Headers.Get("Content-Type"), Bytes: len(r.Body), FirstLine: firstLine(r.Body),
		SHA256: subject.Hash(masks.Apply(r.Body))}
}

// maxFirstLine is how many bytes of a line are kept.
const maxFirstLine = 120

// firstLine returns the first line that is not blank.
func firstLine(text []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimLeft(text, " \t\r\n"), []byte("\n"))
	if len(line) > maxFirstLine {
		line = line[:maxFirstLine]
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(line), "\uFFFD"))
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
