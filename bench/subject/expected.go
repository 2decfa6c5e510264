package subject

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"

	"forktax/bench/process"
	"forktax/bench/units"
)

// Ask sends a request to a target. An unexpected response is an error, with what the target logged. It is a *UsageError
// if the system does not execute the program.
func Ask(ctx context.Context, client *http.Client, t *Target, r Asked) (Response, error) {
	a, err := Fetch(ctx, client, t.URL, r.Request)
	switch {
	case os.IsTimeout(err):
		text := fmt.Sprintf("%s %s: no response within %s%s", r.Method, r.Path, units.Span(DefaultTimeout), logged(t))
		return a, &timeoutError{text, err}
	case err != nil:
		return a, fmt.Errorf("%s %s: %w%s", r.Method, r.Path, err, logged(t))
	}
	switch {
	case !t.External && a.isOfHost():
		f := Failure{Log: t.Logged(true)}
		err := fmt.Errorf("%s %s: the program sent no response, so its host responded with status %d%s", r.Method, r.Path,
			a.Status, f.Suffix())
		if _, refusal := f.refused(); refusal == syscall.ENOEXEC { // the user named a file that is not a program
			err = &UsageError{err}
		}
		return a, err
	case !r.Accepts(a.Status):
		return a, r.Unwanted(a, Failure{Log: t.Logged(true)})
	}
	return a, nil
}

// A timeoutError reports a request that had no response in time.
type timeoutError struct {
	text string
	err  error
}

func (e *timeoutError) Error() string { return e.text }

// Unwrap returns e.err.
func (e *timeoutError) Unwrap() error { return e.err }

// Wants reports whether a response of the target is expected.
func (r Asked) Wants(t *Target, a Response) bool {
	return (t.External || !a.isOfHost()) && r.Accepts(a.Status)
}

// isOfHost reports whether the CGI host made the response, by http.Error, because its child sent none.
func (a Response) isOfHost() bool {
	return a.Status >= http.StatusInternalServerError && a.Headers.Get("X-Content-Type-Options") == "nosniff" &&
		strings.TrimSpace(string(a.Body)) == http.StatusText(a.Status)
}

// Accepts reports whether a response with that status is expected.
func (r Asked) Accepts(status int) bool {
	return r.Status == status || r.Status == 0 && status < http.StatusBadRequest
}

// Unwanted returns the error of an unexpected response. It shows the response unless the host made it.
func (r Asked) Unwanted(a Response, f Failure) error {
	detail := f.Suffix()
	if f.Cause() == "" {
		detail = a.excerpt() + detail
	}
	if r.Status != 0 {
		return fmt.Errorf("%s %s: the response has status %d, but --expect-status is %d%s", r.Method, r.Path, a.Status,
			r.Status, detail)
	}
	return fmt.Errorf("%s %s: the response has status %d%s\n(to measure it anyway, add --expect-status %[3]d)", r.Method,
		r.Path, a.Status, detail)
}

// shownBytes is the largest number of bytes of a response that an error shows.
const shownBytes = 300

// excerpt returns the beginning of the body, to be appended to an error.
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

func logged(t *Target) string { return process.Logged(t.Logged(true)) }
