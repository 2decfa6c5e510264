package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"forktax/bench/record"
	"forktax/workload/contract"
)

// A Response is a model's response before it was measured, with its request. It has no header values.
type Response struct {
	record.Response
	Sent
	Masks []string `json:"masks"` // masks of parts that are not compared; nil if an older forktax wrote it
}

// Sent is a request as shown in reports.
type Sent struct {
	Method        string   `json:"method"`
	Path          string   `json:"path"`                     // "" if the request is for an external server's URL itself
	Headers       []string `json:"headers,omitempty"`        // header names
	HeadersSHA256 string   `json:"headers_sha256,omitempty"` // hash of header names and values, in hexadecimal
	BodySHA256    string   `json:"body_sha256,omitempty"`    // hash of the body of the request
}

// responses joins the recorded responses with the requests of the plan.
func responses(r *record.Result) []Response {
	all := []Response{}
	for _, sent := range r.Responses {
		for _, w := range r.Plan.Workloads {
			i := slices.IndexFunc(w.Requests, func(q contract.Request) bool { return q.Name == sent.Request })
			if w.Name != sent.Workload || i < 0 {
				continue
			}
			masks := append([]string{}, w.Requests[i].Want.Masks...)
			all = append(all, Response{Response: sent, Sent: sentBy(w.Requests[i]), Masks: masks})
		}
	}
	return all
}

// sentBy describes a request that has no secrets.
func sentBy(q contract.Request) Sent {
	return Sent{Method: q.Method, Path: q.Path, Headers: slices.Sorted(maps.Keys(q.Headers)),
		HeadersSHA256: hashOf(q.Headers), BodySHA256: q.BodySHA256}
}

// RequestOf describes a request, without its secrets.
func RequestOf(r contract.Request) Sent { return sentBy(record.Redacted(r)) }

// Mismatch returns how a request or its expected response differs from the recorded one; "" if they are equal. Hashes
// of bodies can only be compared if the masks are the same.
func (a Response) Mismatch(sent Sent, want contract.Want) string {
	status, hash := want.StatusCode(), want.BodySHA256
	if want.Body != "" {
		hash = record.Hash([]byte(want.Body))
	}
	switch {
	case a.Method != sent.Method || a.Path != sent.Path:
		return fmt.Sprintf("request: %s %s there, %s %s here", a.Method, a.Path, sent.Method, sent.Path)
	case a.HeadersSHA256 != sent.HeadersSHA256:
		return fmt.Sprintf("request: the names or values of the headers differ (%s there, %s here)",
			cmp.Or(strings.Join(a.Headers, ", "), "none"), cmp.Or(strings.Join(sent.Headers, ", "), "none"))
	case a.BodySHA256 != sent.BodySHA256:
		return "request: the bodies differ"
	case hash != "" && a.Masks != nil && !sameSet(a.Masks, want.Masks):
		return fmt.Sprintf("comparison: %s there, %s here", flags("mask", a.Masks), flags("mask", want.Masks))
	case a.Status != status:
		return fmt.Sprintf("response: status %d there, %d here", a.Status, status)
	case hash != "" && a.SHA256 != hash:
		return fmt.Sprintf("response: the bodies differ (there %d bytes, beginning with %q)", a.Bytes, a.FirstLine)
	}
	return ""
}

// sameSet reports whether two lists have the same elements, in any order and number.
func sameSet(a, b []string) bool {
	sorted := func(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
	return slices.Equal(sorted(a), sorted(b))
}

// flags formats the values of a flag for the command line: "--mask 'a' --mask 'b'", or "no --mask".
func flags(name string, values []string) string {
	if len(values) == 0 {
		return "no --" + name
	}
	var given []string
	for _, v := range values {
		given = append(given, fmt.Sprintf("--%s '%s'", name, v))
	}
	return strings.Join(given, " ")
}

// HeadersMismatch returns how the headers that a run ignores differ from ignored; "" if they are the same, or if an
// older forktax recorded the run.
func (r Run) HeadersMismatch(ignored []string) string {
	if r.IgnoreHeaders == nil || sameSet(canonical(r.IgnoreHeaders), canonical(ignored)) {
		return ""
	}
	return fmt.Sprintf("comparison: %s there, %s here", flags("ignore-header", r.IgnoreHeaders),
		flags("ignore-header", ignored))
}

// canonical returns the canonical names of headers, as in package net/http.
func canonical(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, textproto.CanonicalMIMEHeaderKey(name))
	}
	return all
}

// hashOf returns the hash of headers; the values of secret ones are hashes themselves.
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

// text describes a request in a line.
func (s Sent) text() string {
	parts := []string{strings.TrimSpace(s.Method + " " + s.Path)}
	if len(s.Headers) > 0 {
		parts = append(parts, fmt.Sprintf("headers %s (SHA-256 %.12s)", strings.Join(s.Headers, ", "), s.HeadersSHA256))
	}
	if s.BodySHA256 != "" {
		parts = append(parts, fmt.Sprintf("body with SHA-256 %.12s", s.BodySHA256))
	}
	return strings.Join(parts, ", ")
}

// Alike reports whether two models sent the same response.
func (a Response) Alike(b Response) bool {
	return a.Workload == b.Workload && a.Request == b.Request && a.Status == b.Status && a.ContentType == b.ContentType &&
		a.Bytes == b.Bytes && a.FirstLine == b.FirstLine && a.SHA256 == b.SHA256
}

// Masked is the code of the warning that masks cover the whole body of a response.
const Masked = "masked"

// maskedBodies warns of responses whose whole body is masked.
func maskedBodies(p record.Plan, a *Analysis) (Warning, bool) {
	var lines []string
	for _, r := range a.Responses {
		line := fmt.Sprintf("the body of %s is not compared: %s covers all of it",
			RequestName(r.Workload, r.Request), flags("mask", r.Masks))
		if r.Masked && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return Warning{Code: Masked, Text: strings.Join(lines, "; "),
		Advice: "use an expression that matches only what differs between responses"}, len(lines) > 0 && !p.AllowDifferent
}

// unlikeTypes warns of models that send different content types. External servers are not required to send the same.
func unlikeTypes(a *Analysis) (Warning, bool) {
	types := map[[2]string][]string{}
	var lines []string
	for _, r := range a.Responses {
		key := [2]string{r.Workload, r.Request}
		if types[key] = append(types[key], r.ContentType); r.ContentType != types[key][0] {
			lines = append(lines, fmt.Sprintf("%s: %s from %s, %s from the baseline",
				RequestName(r.Workload, r.Request), cmp.Or(r.ContentType, "none"), r.Model, cmp.Or(types[key][0], "none")))
		}
	}
	return Warning{Code: "content-type", Text: "the content type of responses differs: " + strings.Join(lines, "; "),
		Advice: "make sure that the models do the same work"}, len(lines) > 0
}
