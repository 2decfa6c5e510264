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

// A Response is what a model sent before it was measured, with the request. Values of headers are not in it.
type Response struct {
	record.Response
	Sent
	Masks []string `json:"masks"` // of what is not compared; nil if an older forktax wrote it
}

// Sent is a request as reports show it.
type Sent struct {
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
			masks := append([]string{}, w.Requests[i].Want.Masks...)
			all = append(all, Response{Response: sent, Sent: sentBy(w.Requests[i]), Masks: masks})
		}
	}
	return all
}

// sentBy describes a request that may be written.
func sentBy(q contract.Request) Sent {
	return Sent{Method: q.Method, Path: q.Path, Headers: slices.Sorted(maps.Keys(q.Headers)),
		HeadersSHA256: hashOf(q.Headers), BodySHA256: q.BodySHA256}
}

// RequestOf describes a request.
func RequestOf(r contract.Request) Sent { return sentBy(record.Redacted(r)) }

// Mismatch returns in what a request, or the response that is expected to it, is unlike the one on record; "" if both
// are alike. The hash of a body says nothing if parts of it are masked in another way.
func (a Response) Mismatch(sent Sent, want contract.Want) string {
	status, hash := want.StatusCode(), want.BodySHA256
	if want.Body != "" {
		hash = record.Hash([]byte(want.Body))
	}
	switch {
	case a.Method != sent.Method || a.Path != sent.Path:
		return fmt.Sprintf("request: %s %s, and here %s %s", a.Method, a.Path, sent.Method, sent.Path)
	case a.HeadersSHA256 != sent.HeadersSHA256:
		return fmt.Sprintf("request: its headers (%s) are not those of here (%s), or have other values",
			strings.Join(a.Headers, ", "), strings.Join(sent.Headers, ", "))
	case a.BodySHA256 != sent.BodySHA256:
		return "request: its body is not the one of here"
	case hash != "" && a.Masks != nil && !sameSet(a.Masks, want.Masks):
		return fmt.Sprintf("comparison: with %s, and here with %s", flags("mask", a.Masks), flags("mask", want.Masks))
	case a.Status != status:
		return fmt.Sprintf("response: it had status %d, and here %d", a.Status, status)
	case hash != "" && a.SHA256 != hash:
		return fmt.Sprintf("response: its body of %d bytes, which begins with %q, is not the one of here", a.Bytes, a.FirstLine)
	}
	return ""
}

// sameSet reports whether two lists hold the same, in any order.
func sameSet(a, b []string) bool {
	sorted := func(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
	return slices.Equal(sorted(a), sorted(b))
}

// flags shows the values of a flag as they are given: "--mask 'a' --mask 'b'", or "no --mask".
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

// HeadersMismatch returns in what the headers that a run ignores are not those that are ignored here; "" if they are,
// or if an older forktax recorded the run.
func (r Run) HeadersMismatch(ignored []string) string {
	if r.IgnoreHeaders == nil || sameSet(canonical(r.IgnoreHeaders), canonical(ignored)) {
		return ""
	}
	return fmt.Sprintf("comparison: with %s, and here with %s", flags("ignore-header", r.IgnoreHeaders),
		flags("ignore-header", ignored))
}

// canonical spells the names of headers as package net/http does.
func canonical(names []string) []string {
	var spelled []string
	for _, name := range names {
		spelled = append(spelled, textproto.CanonicalMIMEHeaderKey(name))
	}
	return spelled
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

// Masked is the code of the warning that nothing of a body is compared.
const Masked = "masked"

// maskedBodies warns of responses of which masks leave no body to be compared.
func maskedBodies(p record.Plan, a *Analysis) (Warning, bool) {
	var lines []string
	for _, r := range a.Responses {
		line := fmt.Sprintf("nothing of the body of %s is compared: %s leaves nothing of it",
			RequestName(r.Workload, r.Request), flags("mask", r.Masks))
		if r.Masked && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return Warning{Code: Masked, Text: strings.Join(lines, "; "),
		Advice: "give an expression of only what differs from response to response"}, len(lines) > 0 && !p.AllowDifferent
}

// unlikeTypes warns of models that send different content types, which are not compared of external servers.
func unlikeTypes(a *Analysis) (Warning, bool) {
	types := map[[2]string][]string{}
	var lines []string
	for _, r := range a.Responses {
		key := [2]string{r.Workload, r.Request}
		if types[key] = append(types[key], r.ContentType); r.ContentType != types[key][0] {
			lines = append(lines, fmt.Sprintf("%s has %s from %s, and %s from the baseline",
				RequestName(r.Workload, r.Request), cmp.Or(r.ContentType, "none"), r.Model, cmp.Or(types[key][0], "none")))
		}
	}
	return Warning{Code: "content-type", Text: "the content type of responses differs: " + strings.Join(lines, "; "),
		Advice: "make sure that the models do the same work"}, len(lines) > 0
}
