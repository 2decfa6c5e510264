package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"forktax/workload/contract"
)

// An answer is what a target replied, as far as twins must agree on it.
type answer struct {
	status  int
	headers http.Header // without Date and Server-Timing, which differ by nature; nil if they do not matter
	body    []byte
}

// A Difference says that twins do not do the same work, so that to time them would mean nothing.
type Difference struct {
	Workload string
	Request  contract.Request
	Models   [2]string // of the two that differ; the first is "the description" if one is not what it promises
	Lines    []string  // what differs: a line of the one, marked -, and of the other, marked +
}

// Error shows the whole difference.
func (d *Difference) Error() string {
	return fmt.Sprintf("%s/%s: %s (-) and %s (+) differ on %s %s:\n  %s", d.Workload, d.Request.Name,
		d.Models[0], d.Models[1], d.Request.Method, d.Request.Path, strings.Join(d.Lines, "\n  "))
}

// Alike returns a *Difference if the targets do not answer the requests alike, whatever right answers are.
func Alike(ctx context.Context, requests []contract.Request, targets []*Target) error {
	unwanted := slices.Clone(requests)
	for i := range unwanted {
		unwanted[i].Want = contract.Want{Status: anyStatus}
	}
	return checkAlike(ctx, unwanted, targets)
}

// anyStatus is what a Want has that any answer meets.
const anyStatus = -1

// checkAlike sends every request of the workload to each of its targets and returns a *Difference if an answer is not
// what the description says, or not what another target said.
func checkAlike(ctx context.Context, requests []contract.Request, targets []*Target) error {
	client := newAsker()
	defer client.CloseIdleConnections()
	for _, r := range requests {
		var first answer
		for i, t := range targets {
			a, err := ask(ctx, client, t.URL, r)
			if t.Foreign {
				a.headers = nil
			}
			if err != nil {
				return fmt.Errorf("asking %s %s for %s: %w", t.Workload, t.Model, r.Name, err)
			}
			if lines := a.mismatches(r.Want); lines != nil {
				return &Difference{t.Workload, r, [2]string{"the description", t.Model}, lines}
			}
			if i == 0 {
				first = a
			} else if lines := first.against(a); lines != nil {
				return &Difference{t.Workload, r, [2]string{targets[0].Model, t.Model}, lines}
			}
		}
	}
	return nil
}

// newAsker is a client for single requests. Certificates are not verified, as hey's are not: what is measured is often a
// server that signed its own.
func newAsker() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       DefaultTimeout,
	}
}

// longestAnswer is far above what anybody waits for. A program may go on for ever.
const longestAnswer = 64 << 20

func ask(ctx context.Context, client *http.Client, url string, r contract.Request) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, url+r.Path, strings.NewReader(r.Body))
	if err != nil {
		return answer{}, err
	}
	r.SetHeaders(req)
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer+1))
	if err != nil {
		return answer{}, err
	}
	if len(body) > longestAnswer {
		return answer{}, fmt.Errorf("the answer has no end: more than %d MiB", longestAnswer>>20)
	}
	headers := resp.Header.Clone()
	headers.Del("Date")
	headers.Del("Server-Timing")
	return answer{resp.StatusCode, headers, body}, nil
}

// against lists what of w does not hold of a.
func (a answer) mismatches(w contract.Want) []string {
	var lines []string
	if w.Status != anyStatus && a.status != w.StatusCode() {
		lines = append(lines, differ("status", w.StatusCode(), a.status)...)
	}
	for _, name := range slices.Sorted(maps.Keys(w.Headers)) {
		if a.headers == nil {
			break
		}
		if got := strings.Join(a.headers.Values(name), ", "); got != w.Headers[name] {
			lines = append(lines, differ(name, w.Headers[name], got)...)
		}
	}
	if w.Body != "" && w.Body != string(a.body) {
		lines = append(lines, differ("body", excerpt([]byte(w.Body), a.body), excerpt(a.body, []byte(w.Body)))...)
	}
	sum := sha256.Sum256(a.body)
	if got := hex.EncodeToString(sum[:]); w.BodySHA256 != "" && w.BodySHA256 != got {
		lines = append(lines, differ("SHA-256 of the body", w.BodySHA256, got)...)
	}
	return lines
}

// against lists in what b differs from a.
func (a answer) against(b answer) []string {
	var lines []string
	if a.status != b.status {
		lines = append(lines, differ("status", a.status, b.status)...)
	}
	names := http.Header{}
	if a.headers != nil && b.headers != nil {
		maps.Copy(names, a.headers)
		maps.Copy(names, b.headers)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !slices.Equal(a.headers[name], b.headers[name]) {
			lines = append(lines, differ(name, joined(a.headers[name]), joined(b.headers[name]))...)
		}
	}
	if !bytes.Equal(a.body, b.body) {
		lines = append(lines, differ("body", excerpt(a.body, b.body), excerpt(b.body, a.body))...)
	}
	return lines
}

func differ(what string, one, other any) []string {
	return []string{fmt.Sprintf("- %s: %v", what, one), fmt.Sprintf("+ %s: %v", what, other)}
}

func joined(values []string) string {
	if values == nil {
		return "(absent)"
	}
	return strings.Join(values, ", ")
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

// usageTimeout bounds one look at a target's admin listener.
const usageTimeout = 5 * time.Second
