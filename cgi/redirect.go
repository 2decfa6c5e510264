package cgi

import (
	"context"
	"net/http"
	"net/url"
)

type hopsKey struct{}

// redirects is how many answers so far were the paths of others.
func redirects(r *http.Request) int {
	n, _ := r.Context().Value(hopsKey{}).(int)
	return n
}

// redirected is the request for the path that a child has answered r with (RFC 3875, section 6.2.2): a GET without a
// body, or a HEAD, by the same client.
func redirected(r *http.Request, path string) *http.Request {
	to, err := url.ParseRequestURI(path)
	if err != nil { // no script's: it is as if there were no such path
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
