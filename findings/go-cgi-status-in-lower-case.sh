#!/usr/bin/env bash
# Go 1.26.8, net/http/cgi: a host takes the status of a CGI program only from a header that is spelt exactly "Status". From
# "status: 404" or "STATUS: 404" it makes a header of the response and sends status 200, although names of headers have no
# case (RFC 3875, section 6.3), and the same Handler finds "location" in any case. Frameworks that write all headers in
# lower case, as HTTP/2 has them, so never report an error.
# Seen: "Status: 404" gives 404, "status: 404" and "STATUS: 404" give 200 with a header Status; "location" gives 302.
set -euo pipefail
export GOTOOLCHAIN=go1.26.8 GOFLAGS=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
go version
go mod init example.org/status 2>/dev/null
cat >main.go <<'END'
package main

import (
	"fmt"
	"net/http/cgi"
	"net/http/httptest"
	"os"
)

func main() {
	failed := false
	for _, c := range []struct {
		line   string
		status int
		header string
	}{
		{"Status: 404 Not Found", 404, ""},
		{"status: 404 Not Found", 200, "404 Not Found"},
		{"STATUS: 404 Not Found", 200, "404 Not Found"},
		{"location: http://example.org/", 302, ""},
	} {
		w := httptest.NewRecorder()
		program := cgi.Handler{Path: "/usr/bin/printf", Args: []string{c.line + `\r\nContent-Type: text/plain\r\n\r\nbody`}}
		program.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		header := w.Result().Header.Get("Status")
		fmt.Printf("%-32s status %d, header Status %q\n", c.line, w.Code, header)
		failed = failed || w.Code != c.status || header != c.header
	}
	if failed {
		os.Exit(1)
	}
}
END
go run .
echo "as described"
