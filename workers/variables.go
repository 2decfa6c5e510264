package workers

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"forktax/cgi/child"
)

// appendVariables appends the variables of a request: those that package net/http/cgi reads to restore it, and each
// header. Content-Length is passed on as a header, too, as nginx does, so that a handler sees it.
func (e *exchange) appendVariables(b []byte) []byte {
	r := e.request
	set := func(name, value string) { b = appendPair(b, name, value) }
	set("GATEWAY_INTERFACE", "CGI/1.1")
	set("SERVER_SOFTWARE", "forktax")
	set("SERVER_PROTOCOL", r.Proto)
	set("REQUEST_METHOD", r.Method)
	set("REQUEST_URI", r.URL.RequestURI())
	set("QUERY_STRING", r.URL.RawQuery)
	set("SCRIPT_NAME", "")
	set("PATH_INFO", r.URL.Path)
	if address, port, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		set("REMOTE_ADDR", address)
		set("REMOTE_PORT", port)
	} else {
		set("REMOTE_ADDR", r.RemoteAddr)
	}
	if r.TLS != nil {
		set("HTTPS", "on")
	}
	if r.ContentLength > 0 {
		set("CONTENT_LENGTH", strconv.FormatInt(r.ContentLength, 10))
	}
	if r.Host != "" {
		set("HTTP_HOST", r.Host)
	}
	for name, values := range r.Header {
		if e.host.passesHeader(name) {
			between := ", "
			if name == "Cookie" {
				between = "; "
			}
			set("HTTP_"+strings.ReplaceAll(strings.ToUpper(name), "-", "_"), strings.Join(values, between))
		}
	}
	set(child.Variable, e.report)
	return b
}

// passesHeader reports whether a header becomes a variable.
func (h *Host) passesHeader(name string) bool {
	switch name {
	case "Authorization", "Proxy-Authorization":
		return h.Authorization
	case http.CanonicalHeaderKey("Proxy"): // programs mistake HTTP_PROXY for a setting of their own
		return false
	}
	return !strings.ContainsRune(name, '_')
}
