package subject

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"forktax/bench/process"
	"forktax/workload/contract"
)

// recordings is how often a target is asked, to see whether it responds the same each time.
const recordings = 3

// RecordExpected records the response of a target to a request as the expected one. The error is a *VarianceError if it
// sends another each time; what it wants is then the status alone.
func RecordExpected(ctx context.Context, t *Target, r Asked, ignore []string) (contract.Want, error) {
	client := NewClient()
	defer client.CloseIdleConnections()
	masks, err := NewMasks(r.Want.Masks)
	if err != nil {
		return contract.Want{}, err
	}
	var first Response
	for i := range recordings {
		raw, err := ask(ctx, client, t, r)
		if err != nil {
			return contract.Want{}, err
		}
		a := raw.Comparable(masks, ignore)
		if i == 0 {
			first = a
		} else if lines := first.Differences(a); lines != nil {
			return contract.Want{Status: a.Status}, &VarianceError{r.Request, lines}
		}
	}
	w := contract.Want{Status: first.Status, Masks: r.Want.Masks}
	if n := len(first.Body); 0 < n && n <= maxLiteralBody {
		w.Body = string(first.Body)
	} else {
		w.BodySHA256 = Hash(first.Body)
	}
	return w, nil
}

// ask sends a request to a target. A response that was not asked for is an error.
func ask(ctx context.Context, client *http.Client, t *Target, r Asked) (Response, error) {
	a, err := Fetch(ctx, client, t.URL, r.Request)
	switch {
	case os.IsTimeout(err):
		return a, fmt.Errorf("%s %s: no response within %v%s", r.Method, r.Path, DefaultTimeout, logged(t))
	case err != nil:
		return a, fmt.Errorf("asking for %s %s: %w%s", r.Method, r.Path, err, logged(t))
	}
	switch {
	case !t.External && a.isOfHost():
		return a, fmt.Errorf("%s %s: the host responds with status %d, since the program sent no response%s", r.Method, r.Path,
			a.Status, Failure{Log: t.Logged(true)}.Suffix())
	case !r.Accepts(a.Status):
		return a, r.Unwanted(a, Failure{Log: t.Logged(true)})
	}
	return a, nil
}

// isOfHost reports whether the host of package cgi made the response, as http.Error does, because its child sent none.
func (a Response) isOfHost() bool {
	return a.Status >= http.StatusInternalServerError && a.Headers.Get("X-Content-Type-Options") == "nosniff" &&
		strings.TrimSpace(string(a.Body)) == http.StatusText(a.Status)
}

// Accepts reports whether a response with that status was asked for.
func (r Asked) Accepts(status int) bool {
	return r.Status == status || r.Status == 0 && status < http.StatusBadRequest
}

// Unwanted returns the error of a response that was not asked for. It shows the response if its host did not make it.
func (r Asked) Unwanted(a Response, f Failure) error {
	detail := f.Suffix()
	if f.Cause() == "" {
		detail = a.excerpt() + detail
	}
	if r.Status != 0 {
		return fmt.Errorf("%s %s: the response has status %d, and --expect-status is %d%s", r.Method, r.Path, a.Status,
			r.Status, detail)
	}
	return fmt.Errorf("%s %s: the response has status %d%s\n(--expect-status %[3]d measures it all the same)", r.Method,
		r.Path, a.Status, detail)
}

// shownBytes is how much of a response an error shows.
const shownBytes = 300

// excerpt shows the beginning of the body, for the end of an error.
func (a Response) excerpt() string {
	text := strings.TrimSpace(string(a.Body[:min(len(a.Body), shownBytes)]))
	if text == "" {
		return ""
	}
	if len(a.Body) > shownBytes {
		text += "…"
	}
	return fmt.Sprintf("; its body is %q", text)
}

// maxLiteralBody is the length of a body up to which it is kept as it is, so that it can be seen where another differs.
const maxLiteralBody = 64 << 10

func logged(t *Target) string { return process.Logged(t.Logged(true)) }

// A VarianceError is returned when a target responds to the same request differently each time.
type VarianceError struct {
	Request contract.Request
	Lines   []string // a line of the one response, marked -, and of another, marked +
}

// Error shows the whole difference.
func (v *VarianceError) Error() string {
	return fmt.Sprintf("%s %s: the response differs each time:\n  %s\n(%s)", v.Request.Method, v.Request.Path,
		strings.Join(v.Lines, "\n  "), differenceAdvice)
}

// differenceAdvice is what makes responses alike that differ by nature.
const differenceAdvice = "--mask leaves out what matches a regular expression, --ignore-header a header; " +
	"--allow-different-responses compares the status only"

// IsVariance reports whether err is a *VarianceError.
func IsVariance(err error) bool { return errors.As(err, new(*VarianceError)) }
