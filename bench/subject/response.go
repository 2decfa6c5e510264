package subject

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"forktax/bench/foreign"
	"forktax/workload/contract"
)

// A Response is what a target sent, as far as twins must agree on it.
type Response struct {
	Status  int
	Headers http.Header // nil if they do not matter
	Body    []byte
}

// unlike are headers that differ by nature: the time, and how a host frames a response, which depends on when its child
// writes. Bodies are compared anyway.
var unlike = []string{"Date", "Server-Timing", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive"}

// Comparable returns what of the response is compared: without headers that differ by nature, those that are ignored, and
// what masks match.
func (a Response) Comparable(masks Masks, ignore []string) Response {
	c := Response{Status: a.Status, Body: masks.Apply(a.Body)}
	if a.Headers == nil {
		return c
	}
	c.Headers = without(a.Headers, slices.Concat(unlike, ignore)...)
	for _, values := range c.Headers {
		for i, value := range values {
			values[i] = string(masks.Apply([]byte(value)))
		}
	}
	return c
}

// NewClient is a client for single requests. Certificates are not verified, as hey's are not: what is measured is often
// a server that signed its own.
func NewClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       DefaultTimeout,
	}
}

// DefaultTimeout ends a request that has no complete answer; it is recorded at this value and marked.
const DefaultTimeout = 20 * time.Second

// maxResponse is far above what anybody waits for. A program may go on for ever.
const maxResponse = 64 << 20

// Fetch sends a request to the server at the URL. Redirections are not followed.
func Fetch(ctx context.Context, client *http.Client, url string, r contract.Request) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, url+r.Path, strings.NewReader(r.Body))
	if err != nil {
		return Response{}, err
	}
	req.Header.Set("User-Agent", "") // net/http's own, which the load does not send either
	r.SetHeaders(req)
	resp, err := client.Do(req)
	if err != nil {
		if shown := foreign.WithoutSecrets(err.Error()); shown != err.Error() { // a header that could not be read
			err = errors.New(shown)
		}
		return Response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return Response{}, err
	}
	if len(body) > maxResponse {
		return Response{}, fmt.Errorf("the answer has no end: more than %d MiB", maxResponse>>20)
	}
	return Response{resp.StatusCode, resp.Header, body}, nil
}

// Mismatches lists what of w does not hold of a, whose masks were applied.
func (a Response) Mismatches(w contract.Want) []string {
	var lines []string
	if a.Status != w.StatusCode() {
		lines = append(lines, diffLines("status", w.StatusCode(), a.Status)...)
	}
	for _, name := range slices.Sorted(maps.Keys(w.Headers)) {
		if a.Headers == nil {
			break
		}
		if got := strings.Join(a.Headers.Values(name), ", "); got != w.Headers[name] {
			lines = append(lines, diffLines(name, Redact(name, w.Headers[name]), Redact(name, got))...)
		}
	}
	if w.Body != "" && w.Body != string(a.Body) {
		lines = append(lines, diffLines("body", excerpt([]byte(w.Body), a.Body), excerpt(a.Body, []byte(w.Body)))...)
	}
	if got := Hash(a.Body); w.BodySHA256 != "" && w.BodySHA256 != got {
		lines = append(lines, diffLines("SHA-256 of the body", w.BodySHA256, got)...)
	}
	return lines
}

// Differences lists in what b differs from a.
func (a Response) Differences(b Response) []string {
	var lines []string
	if a.Status != b.Status {
		lines = append(lines, diffLines("status", a.Status, b.Status)...)
	}
	names := http.Header{}
	if a.Headers != nil && b.Headers != nil {
		maps.Copy(names, a.Headers)
		maps.Copy(names, b.Headers)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !slices.Equal(a.Headers[name], b.Headers[name]) {
			lines = append(lines, diffLines(name, joinValues(name, a.Headers), joinValues(name, b.Headers))...)
		}
	}
	if !bytes.Equal(a.Body, b.Body) {
		lines = append(lines, diffLines("body", excerpt(a.Body, b.Body), excerpt(b.Body, a.Body))...)
	}
	return lines
}

func diffLines(what string, one, other any) []string {
	return []string{fmt.Sprintf("- %s: %v", what, one), fmt.Sprintf("+ %s: %v", what, other)}
}

// joinValues shows the values of a header.
func joinValues(name string, headers http.Header) string {
	if headers[name] == nil {
		return "(absent)"
	}
	var shown []string
	for _, value := range headers[name] {
		shown = append(shown, Redact(name, value))
	}
	return strings.Join(shown, ", ")
}

// maxFirstLine is how many bytes of a line are shown.
const maxFirstLine = 200

// FirstLine returns the first line of a text that is not blank, without what does not print, and not too much of it.
func FirstLine(text []byte) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return '\n'
		case r == '\t':
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(text), ""))
	for line := range strings.SplitSeq(clean, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		for len(line) > maxFirstLine {
			_, size := utf8.DecodeLastRuneInString(line)
			line = line[:len(line)-size]
		}
		return line
	}
	return ""
}

// excerpt quotes a around the first byte in which it differs from b.
func excerpt(a, b []byte) string {
	const around = 40
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from, to := max(i-around, 0), min(i+around, len(a))
	return fmt.Sprintf("%d bytes, from byte %d on: %q", len(a), from, a[from:to])
}
