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

// A Response is the part of a target's response that must be the same for all compared targets.
type Response struct {
	Status  int
	Headers http.Header // nil if they are not compared
	Body    []byte
}

// unlike lists the headers that differ by nature: the time, and the framing of a response, which depends on when the
// host's child writes. Bodies are compared anyway.
var unlike = []string{"Date", "Server-Timing", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive"}

// Comparable returns the response without what is not compared: the headers that differ by nature, the headers to
// ignore, and the text that masks match.
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

// NewClient returns a client for single requests. Like hey, it does not verify certificates: a server under test often
// has a self-signed one.
func NewClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       DefaultTimeout,
	}
}

// DefaultTimeout ends a request that has no complete response; its time is recorded as this value and marked.
const DefaultTimeout = 20 * time.Second

// maxResponse is the longest body that Fetch accepts, in bytes. It is far above a useful size: a program may print
// without end.
const maxResponse = 64 << 20

// Fetch sends a request to the server at the URL and returns the response. It does not follow redirects.
func Fetch(ctx context.Context, client *http.Client, url string, r contract.Request) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, url+r.Path, strings.NewReader(r.Body))
	if err != nil {
		return Response{}, err
	}
	req.Header.Set("User-Agent", "") // removes net/http's own, which the load generator does not send either
	r.SetHeaders(req)
	resp, err := client.Do(req)
	if err != nil {
		if shown := foreign.WithoutSecrets(err.Error()); shown != err.Error() { // the error quotes a malformed header
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
		return Response{}, fmt.Errorf("the response is longer than %d MiB", maxResponse>>20)
	}
	return Response{resp.StatusCode, resp.Header, body}, nil
}

// Mismatches lists the differences of a, whose masks were applied, from the expected response w, as diff lines.
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

// Differences lists the differences of b from a, as diff lines.
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

// joinValues returns the values of a header as text, with hashes instead of secrets.
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

// maxFirstLine is the longest line that FirstLine returns, in bytes.
const maxFirstLine = 200

// FirstLine returns the first line of text that is not blank, without unprintable characters, at most 200 bytes long.
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

// excerpt quotes a around the first byte that differs from b.
func excerpt(a, b []byte) string {
	const around = 40
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from, to := max(i-around, 0), min(i+around, len(a))
	return fmt.Sprintf("%d bytes, from byte %d on: %q", len(a), from, a[from:to])
}
