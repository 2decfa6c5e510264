//go:build slow

package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A conformanceCase is a request to a CGI program, and what RFC 3875 or another source says about its environment or
// its response.
type conformanceCase struct {
	name    string
	source  string // a section of RFC 3875, or another source
	should  bool   // the source recommends it, or leaves it to the server and programs rely on it
	request string // lines of the request; {path} is the program's URL path. Empty means a GET of {path}
	script  string // what the program executes; empty means prints
	nph     bool   // the name of the program begins with nph-
	passes  expectation
	ours    string // why cgi-direct does not pass; otherwise empty
}

// An expectation tests the response to a case.
type expectation func(r response) bool

// prints is a program that prints its variables and its input.
const prints = `printf 'Content-Type: text/plain\n\n'; env; printf 'ARGS=%s\n' "$*"; printf 'INPUT='
[ -z "$CONTENT_LENGTH" ] || head -c "$CONTENT_LENGTH"`

// variable checks the value of a variable of the program.
func variable(name, value string) expectation {
	return func(r response) bool {
		got, set := r.variables[name]
		return set && got == value
	}
}

// unset checks that the program does not have a variable, or that it is empty.
func unset(name string) expectation {
	return func(r response) bool { return r.status == http.StatusOK && r.variables[name] == "" }
}

// responds checks the status, and the body unless it is "*".
func responds(status int, body string) expectation {
	return func(r response) bool { return r.err == nil && r.status == status && (body == "*" || r.body == body) }
}

func header(name string, values ...string) expectation {
	return func(r response) bool { return r.err == nil && slices.Equal(r.header[name], values) }
}

// reportsError checks that the server reports an error.
func reportsError(r response) bool { return r.status >= http.StatusInternalServerError }

func all(checks ...expectation) expectation {
	return func(r response) bool {
		return !slices.ContainsFunc(checks, func(c expectation) bool { return !c(r) })
	}
}

// printf returns a program that prints the text.
func printf(text string) string { return "printf '" + text + "'" }

// asked returns the lines of a request of HTTP/1.1.
func asked(method, beyond, body string, lines ...string) string {
	lines = slices.Concat([]string{method + " {path}" + beyond + " HTTP/1.1", "Host: example.org:81", "Connection: close"},
		lines, []string{"", body})
	return strings.Join(lines, "\n")
}

// posted returns the lines of a POST request with a body of known length.
func posted(body string, lines ...string) string {
	return asked("POST", "", body, append(lines, fmt.Sprint("Content-Length: ", len(body)))...)
}

// numbered returns lines with the numbers from 1 to n in both places of the format.
func numbered(format string, n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(format, i+1, i+1))
	}
	return lines
}

var conformanceCases = slices.Concat(variableCases, bodyCases, responseCases)

var variableCases = []conformanceCase{
	{name: "GATEWAY_INTERFACE is CGI/1.1", source: "4.1.4", passes: variable("GATEWAY_INTERFACE", "CGI/1.1")},
	{name: "REQUEST_METHOD is the method", source: "4.1.12", passes: variable("REQUEST_METHOD", "GET")},
	{name: "DELETE reaches the program", source: "4.3", should: true, request: asked("DELETE", "", ""),
		passes: variable("REQUEST_METHOD", "DELETE")},
	{name: "PROPFIND reaches the program", source: "4.3.4", should: true, request: asked("PROPFIND", "", ""),
		passes: variable("REQUEST_METHOD", "PROPFIND")},
	{name: "QUERY_STRING is set without a query", source: "4.1.7", passes: variable("QUERY_STRING", "")},
	{name: "QUERY_STRING is as sent", source: "4.1.7", request: asked("GET", "?a=b&c=%20d+e?f", ""),
		passes: variable("QUERY_STRING", "a=b&c=%20d+e?f")},
	{name: "a query of 6,000 bytes", source: "RFC 9112, 3", should: true,
		request: asked("GET", "?"+strings.Repeat("a", 6000), ""),
		passes:  variable("QUERY_STRING", strings.Repeat("a", 6000))},
	{name: "a query with = is not an argument", source: "4.4",
		request: asked("GET", "?a=b", ""), passes: variable("ARGS", "")},
	{name: "an indexed query becomes arguments", source: "4.4", should: true, request: asked("GET", "?a+b", ""),
		passes: variable("ARGS", "a b"), ours: "the cause of CVE-2012-1823 and CVE-2024-4577"},
	{name: "SCRIPT_NAME is the program's path", source: "4.1.13", request: asked("GET", "/more", ""),
		passes: func(r response) bool { return r.status == http.StatusOK && r.variables["SCRIPT_NAME"] == r.path }},
	{name: "PATH_INFO is decoded", source: "4.1.5", request: asked("GET", "/a%20b/%C3%A9+;c", ""),
		passes: variable("PATH_INFO", "/a b/é+;c")},
	{name: "no PATH_INFO without a further path", source: "4.1.5", passes: unset("PATH_INFO")},
	{name: "no PATH_TRANSLATED without PATH_INFO", source: "4.1.6", passes: unset("PATH_TRANSLATED")},
	{name: "SERVER_NAME is a name", source: "4.1.14", passes: func(r response) bool {
		name := r.variables["SERVER_NAME"]
		return name != "" && !strings.Contains(name, ":")
	}},
	{name: "SERVER_NAME is that of the request", source: "4.1.14", should: true,
		passes: variable("SERVER_NAME", "example.org")},
	{name: "SERVER_NAME of an IPv6 address", source: "4.1.14", should: true,
		request: "GET {path} HTTP/1.1\nHost: [::1]:81\nConnection: close\n\n", passes: variable("SERVER_NAME", "[::1]")},
	{name: "SERVER_PORT is the port of the connection", source: "4.1.15",
		passes: func(r response) bool { return r.variables["SERVER_PORT"] == r.port }},
	{name: "SERVER_PROTOCOL of HTTP/1.1", source: "4.1.16", passes: variable("SERVER_PROTOCOL", "HTTP/1.1")},
	{name: "SERVER_PROTOCOL of HTTP/1.0", source: "4.1.16", request: "GET {path} HTTP/1.0\nHost: example.org\n\n",
		passes: variable("SERVER_PROTOCOL", "HTTP/1.0")},
	{name: "SERVER_SOFTWARE is set", source: "4.1.17",
		passes: func(r response) bool { return r.variables["SERVER_SOFTWARE"] != "" }},
	{name: "REMOTE_ADDR is the client's address", source: "4.1.8", passes: variable("REMOTE_ADDR", "127.0.0.1")},
	{name: "no AUTH_TYPE and REMOTE_USER without authentication", source: "4.1.1, 4.1.11",
		passes: all(unset("AUTH_TYPE"), unset("REMOTE_USER"))},
	{name: "no HTTP_AUTHORIZATION", source: "4.1.18", should: true,
		request: asked("GET", "", "", "Authorization: Basic YTpi"), passes: unset("HTTP_AUTHORIZATION")},
	{name: "a header becomes a variable", source: "4.1.18", should: true, request: asked("GET", "", "", "X-Odd-One: a b"),
		passes: variable("HTTP_X_ODD_ONE", "a b")},
	{name: "a header that comes twice is one variable", source: "4.1.18",
		request: asked("GET", "", "", "Accept: text/a", "Accept: text/b"),
		passes: func(r response) bool {
			return strings.ReplaceAll(r.variables["HTTP_ACCEPT"], " ", "") == "text/a,text/b"
		}},
	{name: "cookies are joined by semicolons", source: "RFC 6265, 5.4", should: true,
		request: asked("GET", "", "", "Cookie: a=1", "Cookie: b=2"), passes: variable("HTTP_COOKIE", "a=1; b=2")},
	{name: "a cookie of 3,500 bytes", source: "RFC 6265, 6.1", should: true,
		request: asked("GET", "", "", "Cookie: a="+strings.Repeat("x", 3498)),
		passes:  variable("HTTP_COOKIE", "a="+strings.Repeat("x", 3498))},
	{name: "Content-Length and Content-Type have no HTTP_ variables", source: "4.1.18", should: true,
		request: posted("hi", "Content-Type: text/x-odd"),
		passes:  all(unset("HTTP_CONTENT_LENGTH"), unset("HTTP_CONTENT_TYPE"))},
	{name: "the working directory is that of the program", source: "7.2", should: true, passes: func(r response) bool {
		return strings.HasSuffix(r.variables["PWD"], "/cgi-bin")
	}},
	{name: "HEAD is the method that the program sees", source: "4.1.12", request: asked("HEAD", "", ""),
		script: `printf 'Content-Type: text/plain\nX-Method: %s\n\n' "$REQUEST_METHOD"`,
		passes: header("X-Method", "HEAD")},
	{name: "methods in lower case are other methods", source: "4.1.12", request: asked("post", "", ""),
		passes: func(r response) bool { return r.status >= 400 || variable("REQUEST_METHOD", "post")(r) }},
	{name: "OPTIONS reaches the program", source: "4.3.4", should: true, request: asked("OPTIONS", "", ""),
		passes: variable("REQUEST_METHOD", "OPTIONS")},
	{name: "PATCH reaches the program, with its body", source: "RFC 5789", should: true,
		request: asked("PATCH", "", "hello", "Content-Length: 5"),
		passes:  all(variable("REQUEST_METHOD", "PATCH"), variable("INPUT", "hello"))},
	{name: "QUERY_STRING is not decoded", source: "4.1.7", request: asked("GET", "?a=%2F%26%3d%25", ""),
		passes: variable("QUERY_STRING", "a=%2F%26%3d%25")},
	{name: "QUERY_STRING of an empty query", source: "4.1.7", request: asked("GET", "?", ""),
		passes: variable("QUERY_STRING", "")},
	{name: "a query of POST has no arguments", source: "4.4",
		request: asked("POST", "?a+b", "hello", "Content-Length: 5"),
		passes:  all(variable("ARGS", ""), variable("QUERY_STRING", "a+b"))},
	{name: "SCRIPT_NAME has no query", source: "4.1.13", request: asked("GET", "?a=/b", ""),
		passes: func(r response) bool { return r.variables["SCRIPT_NAME"] == r.path }},
	{name: "PATH_INFO of one slash", source: "4.1.5", request: asked("GET", "/", ""),
		passes: variable("PATH_INFO", "/")},
	{name: "PATH_INFO of several segments", source: "4.1.5", request: asked("GET", "/a/b/c.txt/", ""),
		passes: variable("PATH_INFO", "/a/b/c.txt/")},
	{name: "PATH_INFO has no query", source: "4.1.5", request: asked("GET", "/a?b=/c", ""),
		passes: all(variable("PATH_INFO", "/a"), variable("QUERY_STRING", "b=/c"))},
	{name: "an encoded slash in PATH_INFO is decoded, or refused", source: "4.1.5", request: asked("GET", "/a%2Fb", ""),
		passes: func(r response) bool { return r.status/100 == 4 || variable("PATH_INFO", "/a/b")(r) }},
	{name: "PATH_TRANSLATED is a path below the documents", source: "4.1.6", should: true,
		request: asked("GET", "/a/b", ""), passes: func(r response) bool {
			translated := r.variables["PATH_TRANSLATED"]
			return strings.HasPrefix(translated, "/") && strings.HasSuffix(translated, "/a/b")
		}},
	{name: "REMOTE_HOST is a name, the address, or missing", source: "4.1.9", passes: func(r response) bool {
		host := r.variables["REMOTE_HOST"]
		return r.status == http.StatusOK && slices.Contains([]string{"", "127.0.0.1", "localhost"}, host)
	}},
	{name: "SERVER_NAME without Host", source: "4.1.14", request: "GET {path} HTTP/1.0\n\n",
		passes: func(r response) bool { return r.status == http.StatusOK && r.variables["SERVER_NAME"] != "" }},
	{name: "HTTP_HOST is Host as sent", source: "4.1.18", should: true, passes: variable("HTTP_HOST", "example.org:81")},
	{name: "blanks around the value of a header are removed", source: "RFC 9110, 5.5",
		request: asked("GET", "", "", "X-Odd: \t a b \t"), passes: variable("HTTP_X_ODD", "a b")},
	{name: "a header whose name is in lower case", source: "4.1.18", should: true,
		request: asked("GET", "", "", "x-odd-one: a"),
		passes:  variable("HTTP_X_ODD_ONE", "a")},
	{name: "80 headers", source: "4.1.18", should: true, request: asked("GET", "", "", numbered("X-Odd-%d: %d", 80)...),
		passes: all(variable("HTTP_X_ODD_1", "1"), variable("HTTP_X_ODD_80", "80"))},
	{name: "Content-Encoding becomes a variable", source: "4.1.18", should: true,
		request: posted("hello", "Content-Encoding: x-odd"),
		passes:  all(variable("HTTP_CONTENT_ENCODING", "x-odd"), variable("INPUT", "hello"))},
	{name: "the target of a request may be a whole URL", source: "RFC 9112, 3.2.2",
		request: "GET http://example.org{path}/a?b HTTP/1.1\nHost: example.org\nConnection: close\n\n",
		passes: func(r response) bool {
			return r.variables["SCRIPT_NAME"] == r.path && all(variable("PATH_INFO", "/a"), variable("QUERY_STRING", "b"))(r)
		}},
	{name: "HTTP/1.1 without Host is refused", source: "RFC 9112, 3.2",
		request: "GET {path} HTTP/1.1\nConnection: close\n\n",
		passes:  responds(http.StatusBadRequest, "*")},
	{name: "PATH is set", source: "programs", should: true,
		passes: func(r response) bool { return r.variables["PATH"] != "" }},
	{name: "REQUEST_URI is the target as sent", source: "programs", should: true,
		request: asked("GET", "/a%20b?c=%20d", ""),
		passes:  func(r response) bool { return r.variables["REQUEST_URI"] == r.path+"/a%20b?c=%20d" }},
	{name: "SCRIPT_FILENAME is the path of the program's file", source: "programs", should: true,
		passes: func(r response) bool { return strings.HasSuffix(r.variables["SCRIPT_FILENAME"], "/cgi-bin/asked.cgi") }},
	{name: "REMOTE_PORT is set", source: "programs", should: true,
		passes: func(r response) bool { return r.variables["REMOTE_PORT"] != "" }},
}
