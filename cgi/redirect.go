package cgi

import (
	"context"
	"net/http"
	"net/url"
)

type hopsKey struct{}

// redirects returns the number of local redirects that led to r.
func redirects(r *http.Request) int {
	n, _ := r.Context().Value(hopsKey{}).(int)
	return n
}

// redirected returns the request for a local redirect in the response to r (RFC 3875, section 6.2.2): a GET without a
// body, or a HEAD, of the same client.
func redirected(r *http.Request, path string) *http.Request {
	to, err := url.ParseRequestURI(path)
	if err != nil { // an empty URL has no program, so the response is 404
		to = &url.URL{}
	}
	next := r.Clone(context.WithValue(r.Context(), hopsKey{}, redirects(r)+1))
	next.URL, next.RequestURI = to, path
	if next.Method != http.MethodHead {
		next.Method = http.MethodGet
	}
	next.Body, next.ContentLength, next.TransferEncoding = http.NoBody, 0, nil
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding"} {
		next.Header.Del(name)
	}
	return next
}
