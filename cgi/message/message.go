// Package message has the messages between a host and a program that serves a request by the variables of CGI: those
// variables, and the header of the response. The hosts of workers and of WebAssembly modules use it, whose programs
// restore the request by package net/http/cgi. [forktax/cgi.Host] is for programs of all kinds and does more.
package message

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// Variables calls set with the name and the value of each variable of a request: those that package net/http/cgi reads
// to restore it, and each header. Content-Length is passed on as a header, too, as nginx does, so that a handler sees
// it. Authorization passes the headers Authorization and Proxy-Authorization.
func Variables(r *http.Request, authorization bool, set func(name, value string)) {
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
		if passesHeader(name, authorization) {
			between := ", "
			if name == "Cookie" {
				between = "; "
			}
			set("HTTP_"+strings.ReplaceAll(strings.ToUpper(name), "-", "_"), strings.Join(values, between))
		}
	}
}

// passesHeader reports whether a header becomes a variable.
func passesHeader(name string, authorization bool) bool {
	switch name {
	case "Authorization", "Proxy-Authorization":
		return authorization
	case "Proxy": // programs mistake HTTP_PROXY for a setting of their own
		return false
	}
	return !strings.ContainsRune(name, '_')
}

// ReadHead reads the header of a response and its status, and removes the field Status from the header.
func ReadHead(text *bufio.Reader) (status int, header http.Header, err error) {
	fields, err := textproto.NewReader(text).ReadMIMEHeader()
	if err != nil {
		return 0, nil, err
	}
	header = http.Header(fields)
	digits, _, _ := strings.Cut(header.Get("Status"), " ")
	if status, err = strconv.Atoi(digits); err != nil || status < http.StatusOK || status > 999 {
		return 0, nil, fmt.Errorf("the response has the status %q", header.Get("Status"))
	}
	header.Del("Status")
	if _, typed := header["Content-Type"]; !typed {
		header["Content-Type"] = nil // otherwise the server would detect one
	}
	return status, header, nil
}
