package traps

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// errorPages are the error pages that programs send with status 200. Each pattern is specific to the program's error
// format, so that a page about errors does not match: a trace must begin the body, a title must match as a whole.
var errorPages = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"MapServer", regexp.MustCompile(`(?i)<title>MapServer Message</title>(?s:.*?)(\w+\(\):[^\n]*)`)},
	{"PHP", regexp.MustCompile(`<br />\s*<b>((?:Fatal|Parse) error</b>:\s.*)(?s:.*?)\son line <b>\d+</b>`)},
	{"PHP", regexp.MustCompile(`\A\s*((?:PHP )?(?:Fatal|Parse) error: .* on line \d+)`)},
	{"PHP", regexp.MustCompile(`\A\s*((?:PHP )?(?:Fatal|Parse) error: .* in \S+:\d+)\s+Stack trace:`)},
	{"Python", regexp.MustCompile(`\A\s*(?:<pre>)?(Traceback \(most recent call last\):\s+File (?:"|&quot;).*)`)},
	{"Python's cgitb", regexp.MustCompile(`(A problem occurred in a Python script)\.\s+Here is the sequence of\s`)},
	{"Werkzeug", regexp.MustCompile(`(?i)<title>([^<]*// Werkzeug Debugger)\s*</title>`)},
	{"Django", regexp.MustCompile(`(?i)<title>([^<]*)</title>(?s:.*)You(?:'|’|&#x27;|&#39;)re seeing this (?:error|page)` +
		`\s+because (?:you have\s+)?<(?:code|a)\b`)},
	{"Node", regexp.MustCompile(`\A\s*((?:[A-Z]\w*)?Error(?: \[\w+\])?: .*)\n\s+at .*:\d+:\d+\)?`)},
	{"Express", regexp.MustCompile(`<title>Error</title>(?s:.*?)<pre>((?:[A-Z]\w*)?Error: .*?)<br>`)},
	{"Go", regexp.MustCompile(`\A\s*(panic: .*|fatal error: .*)\n(?s:.*?)goroutine \d+ \[`)},
	{"Perl's CGI::Carp", regexp.MustCompile(`(?i)\A\s*(?:<!--.*?-->\s*)?<h1>(software error):</h1>`)},
	{"Spring", regexp.MustCompile(`<h1>(Whitelabel Error Page)</h1>`)},
}

// title matches the title of a page; status matches a title that consists of an HTTP error status.
var (
	title  = regexp.MustCompile(`(?i)<title>\s*([^<]*?)\s*</title>`)
	status = regexp.MustCompile(`(?i)^(?:http )?(?:error|status)?:?\s*([45]\d\d)\s*[-:–—]?\s*(.*?)[.!]?$`)
)

// mostRead is how much of a body is searched, in bytes.
const mostRead = 64 << 10

// errorPage examines the bodies of responses with a 2xx status.
func errorPage(ctx context.Context, p *probe) (evidence string) {
	for _, r := range p.responses(ctx) {
		if r.Status < 200 || r.Status > 299 {
			continue
		}
		if name, line := errorIn(string(r.Body[:min(len(r.Body), mostRead)])); line != "" {
			return fmt.Sprintf("the response has status %d and %s: %s", r.Status, name, quote(line))
		}
	}
	return ""
}

// errorIn returns a description of the error in a body, and its first line; "" if there is none.
func errorIn(body string) (name, line string) {
	for _, page := range errorPages {
		if m := page.pattern.FindStringSubmatch(body); m != nil {
			return "is an error page of " + page.name, firstLine(m[1])
		}
	}
	if m := title.FindStringSubmatch(body); m != nil && isStatus(html.UnescapeString(m[1])) {
		return "has the title of an error", firstLine(m[1])
	}
	if text := strings.TrimSpace(body); isStatus(text) || text == "404 page not found" {
		return "consists of an error message", text
	}
	return "", ""
}

// isStatus reports whether the text consists of an HTTP error status with its standard reason phrase.
func isStatus(text string) bool {
	m := status.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	code, _ := strconv.Atoi(m[1])
	phrase := http.StatusText(code)
	return phrase != "" && (strings.EqualFold(m[2], phrase) || strings.EqualFold(m[2], "error"))
}

var tag = regexp.MustCompile(`<[^>]*>`)

// firstLine returns the first line of a part of a page, without tags.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(line, ""))), " ")
}
