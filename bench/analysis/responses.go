package analysis

import (
	"maps"
	"slices"
	"strings"

	"forktax/bench/record"
	"forktax/workload/contract"
)

// A Response is what a model sent before it was measured, with the request. Values of headers are not in it.
type Response struct {
	record.Response
	Method        string   `json:"method"`
	Path          string   `json:"path"`                     // "" if the URL of an external server is all of it
	Headers       []string `json:"headers,omitempty"`        // their names
	HeadersSHA256 string   `json:"headers_sha256,omitempty"` // of their names and values, in hexadecimal
	BodySHA256    string   `json:"body_sha256,omitempty"`    // of the body of the request
}

// responses joins the responses on record with the requests of the plan.
func responses(r *record.Result) []Response {
	all := []Response{}
	for _, sent := range r.Responses {
		for _, w := range r.Plan.Workloads {
			i := slices.IndexFunc(w.Requests, func(q contract.Request) bool { return q.Name == sent.Request })
			if w.Name != sent.Workload || i < 0 {
				continue
			}
			q := w.Requests[i]
			all = append(all, Response{Response: sent, Method: q.Method, Path: q.Path,
				Headers: slices.Sorted(maps.Keys(q.Headers)), HeadersSHA256: hashOf(q.Headers), BodySHA256: q.BodySHA256})
		}
	}
	return all
}

// hashOf is the hash of headers, of which secret ones are hashes themselves.
func hashOf(headers map[string]string) string {
	if len(headers) == 0 {
		return ""
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		lines = append(lines, name+": "+headers[name])
	}
	return record.Hash([]byte(strings.Join(lines, "\n")))
}

// Alike reports whether two models sent the same.
func (a Response) Alike(b Response) bool {
	return a.Workload == b.Workload && a.Request == b.Request && a.Status == b.Status && a.ContentType == b.ContentType &&
		a.Bytes == b.Bytes && a.FirstLine == b.FirstLine && a.SHA256 == b.SHA256
}
