package report

import (
	"fmt"
	"slices"
	"strings"

	"forktax/bench/analysis"
)

// An exchange is a request with a response that several models sent.
type exchange struct {
	analysis.Response
	models []string
	place  string
}

// exchanges returns the requests with their responses. Models that sent the same response share an exchange.
func exchanges(a *analysis.Analysis) []exchange {
	var all []exchange
	for n, r := range a.Responses {
		i := slices.IndexFunc(all, func(e exchange) bool { return r.Path != "" && e.Alike(r) })
		if i < 0 {
			i, all = len(all), append(all, exchange{Response: r, place: fmt.Sprintf(".responses.%d", n)})
		}
		all[i].models = append(all[i].models, r.Model)
	}
	return all
}

func responsesTable(a *analysis.Analysis) grid {
	return makeTable(a, responseColumns, 0, exchanges(a), func(e exchange) string { return e.place })
}

const (
	aboutAsked    = "The request as it was sent: method, path, names of headers, and the hash of its body."
	aboutReceived = "The response before measuring: status, type, length, and first line that is not blank. The hash " +
		"is that of " +
		"the body without the text that masks match."
)

var responseColumns = []column[exchange]{
	{Name: "request", Key: "request", About: aboutRequest, Text: func(_ *analysis.Analysis, e exchange) string {
		return analysis.RequestName(e.Workload, e.Request)
	}},
	{Name: "sent", Key: "path", About: aboutAsked, Text: func(a *analysis.Analysis,
		e exchange) string {
		return e.sent(a)
	}},
	{Key: "method", About: aboutAsked},
	{Key: "headers", About: aboutAsked},
	{Key: "headers_sha256", About: aboutAsked},
	{Key: "body_sha256", About: aboutAsked},
	{Name: "model", Key: "model", About: aboutModel, Text: func(_ *analysis.Analysis, e exchange) string {
		return strings.Join(e.models, ", ")
	}},
	{Name: "status", Key: "status", Unit: counts, About: aboutReceived},
	{Name: "type", Key: "content_type", About: aboutReceived},
	{Name: "length", Key: "bytes", Unit: lengths, About: aboutReceived},
	{Name: "first line", Key: "first_line", About: aboutReceived},
	{Key: "sha256", About: aboutReceived},
	{Name: "masks", Key: "masks", About: "Regular expressions of text that is not compared.",
		When: func(a *analysis.Analysis) bool {
			return slices.ContainsFunc(a.Responses, func(r analysis.Response) bool { return len(r.Masks) > 0 })
		}, Text: func(_ *analysis.Analysis, e exchange) string { return strings.Join(e.Masks, " ") }},
	{Key: "masked", About: "The masks leave nothing but white space of the body."},
}

// sent describes the request. If it has no path, the URL of the server is printed.
func (e exchange) sent(a *analysis.Analysis) string {
	text := strings.TrimSpace(e.Method + " " + e.Path)
	for _, s := range a.Run.Servers {
		if e.Path == "" && s.Name == e.Model {
			text += " " + s.URL
		}
	}
	if len(e.Headers) > 0 {
		text += "; " + strings.Join(e.Headers, ", ")
	}
	if e.BodySHA256 != "" {
		text += fmt.Sprintf("; body %.8s", e.BodySHA256)
	}
	return text
}
