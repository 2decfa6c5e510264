// Package message has the messages between a host and a program that serves a request by the variables of CGI: those
// variables, and the header of the response. The hosts of workers and of WebAssembly modules use it, whose programs
// restore the request by package net/http/cgi. [forktax/cgi.Host] is for programs of all kinds and does more.
package message

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"strconv"
	"strings"

	"forktax/cgi/header"
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

// ReadHead reads the header of a response to its empty line, and returns the status and the fields for the client.
func ReadHead(text *bufio.Reader) (status int, fields http.Header, err error) {
	var head []byte
	for {
		line, err := text.ReadBytes('\n')
		if err != nil {
			return 0, nil, err
		}
		head = append(head, line...)
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return ParseHead(head)
		}
	}
}

// ParseHead parses the header of a response, and returns the status and the fields for the client. A local redirect
// (RFC 3875, section 6.2.2) is one for the client: all paths are those of the program.
func ParseHead(text []byte) (status int, fields http.Header, err error) {
	head, err := header.Parse(text)
	if err != nil {
		return 0, nil, err
	}
	local, _, err := head.Correct()
	if err != nil {
		return 0, nil, err
	}
	if local != "" {
		head.Status = http.StatusFound
	}
	return head.Status, head.Fields, nil
}
