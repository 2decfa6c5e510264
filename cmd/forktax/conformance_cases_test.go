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
}

var bodyCases = []conformanceCase{
	{name: "CONTENT_LENGTH and CONTENT_TYPE of a body", source: "4.1.2, 4.1.3",
		request: posted("hello", "Content-Type: text/x-odd; a=b"),
		passes:  all(variable("CONTENT_LENGTH", "5"), variable("CONTENT_TYPE", "text/x-odd; a=b"))},
	{name: "no CONTENT_LENGTH without a body", source: "4.1.2", passes: unset("CONTENT_LENGTH")},
	{name: "a body", source: "4.2", request: posted("hello"), passes: variable("INPUT", "hello")},
	{name: "a body that arrives later than the header", source: "4.2",
		request: strings.Replace(posted("hello"), "\nhello", "\n<pause>hello", 1),
		passes:  variable("INPUT", "hello")},
	{name: "a body that arrives in parts", source: "4.2",
		request: strings.Replace(posted("hello"), "hello", "<pause>he<pause>llo", 1),
		passes:  variable("INPUT", "hello")},
	{name: "a body of 200 kB", source: "4.2", request: posted(strings.Repeat("0123456789", 20_000)),
		script: `sum=$(head -c "$CONTENT_LENGTH" | cksum); printf 'Content-Type: text/plain\n\n%s' "$sum"`,
		passes: responds(http.StatusOK, "3552502430 200000")},
	{name: "the end of a body is the end of the input", source: "4.2", should: true, request: posted("hello"),
		script: printf(`Content-Type: text/plain\n\n`) + "; cat", passes: responds(http.StatusOK, "hello")},
	{name: "the input is empty without a body", source: "4.2", should: true,
		script: printf(`Content-Type: text/plain\n\n`) + "; cat; echo end", passes: responds(http.StatusOK, "end\n")},
	{name: "a body that the program does not read", source: "4.2", request: posted(strings.Repeat("0123456789", 2000)),
		script: printf(`Content-Type: text/plain\n\nhello`), passes: responds(http.StatusOK, "hello")},
	{name: "a chunked body is decoded, or refused", source: "4.1.2", request: chunked,
		passes: func(r response) bool { return r.status/100 == 4 || variable("INPUT", "hello world")(r) }},
	{name: "a chunked body has a length", source: "4.1.2", should: true, request: chunked,
		passes: all(variable("CONTENT_LENGTH", "11"), variable("INPUT", "hello world"))},
	{name: "Expect: 100-continue", source: "RFC 9110, 10.1.1",
		request: strings.Replace(posted("hello", "Expect: 100-continue"), "\nhello", "\n<wait>hello", 1),
		passes: func(r response) bool {
			return strings.HasPrefix(r.raw, "HTTP/1.1 100 ") && variable("INPUT", "hello")(r)
		}},
	{name: "a Content-Length that is not a number is refused", source: "RFC 9112, 6.3",
		request: asked("POST", "", "", "Content-Length: many"), passes: func(r response) bool { return r.status/100 == 4 }},
}

var chunked = asked("POST", "", "5\nhello\n6\n world\n0\n\n", "Transfer-Encoding: chunked")

var responseCases = []conformanceCase{
	{name: "a document", source: "6.2.1", script: printf(`Content-Type: text/x-odd\n\nhello`),
		passes: all(responds(http.StatusOK, "hello"), header("Content-Type", "text/x-odd"))},
	{name: "lines that end with CRLF", source: "7.2",
		script: printf(`Content-Type: text/x-odd\r\nX-Odd: crlf\r\n\r\nhello`),
		passes: all(responds(http.StatusOK, "hello"), header("Content-Type", "text/x-odd"), header("X-Odd", "crlf"))},
	{name: "a header that arrives in parts", source: "6",
		script: "printf 'Content-'; sleep 0.1; printf 'Type: text/x-odd\\n'; " +
			"sleep 0.1; printf '\\nhello'", passes: all(responds(http.StatusOK, "hello"), header("Content-Type", "text/x-odd"))},
	{name: "names of headers in other case", source: "6.3", script: printf(`content-TYPE: text/x-odd\n\nhello`),
		passes: all(responds(http.StatusOK, "hello"), header("Content-Type", "text/x-odd"))},
	{name: "no blank after the colon", source: "6.3", script: printf(`Content-Type:text/x-odd\n\nhello`),
		passes: all(responds(http.StatusOK, "hello"), header("Content-Type", "text/x-odd"))},
	{name: "blanks around a value", source: "6.3", should: true,
		script: printf(`Content-Type: text/plain\nX-Odd:   a  \n\nhello`),
		passes: header("X-Odd", "a")},
	{name: "an empty body", source: "6.4",
		script: printf(`Content-Type: text/plain\n\n`), passes: responds(http.StatusOK, "")},
	{name: "a body of any bytes", source: "6.4", script: printf(`Content-Type: text/plain\n\n\000\377\r\n\n\0`),
		passes: responds(http.StatusOK, "\x00\xff\r\n\n\x00")},
	{name: "a body of 1 MB", source: "6.4",
		script: printf(`Content-Type: text/plain\n\n`) + "; head -c 1000000 /dev/zero | tr '\\0' x",
		passes: responds(http.StatusOK, strings.Repeat("x", 1_000_000))},
	{name: "a status", source: "6.3.3", script: printf(`Status: 404 Nowhere\nContent-Type: text/plain\n\nno`),
		passes: responds(http.StatusNotFound, "no")},
	{name: "a status after other headers", source: "6.3.3",
		script: printf(`Content-Type: text/plain\nStatus: 404 Nowhere\n\nno`),
		passes: responds(http.StatusNotFound, "no")},
	{name: "a status in lower case", source: "6.3", script: printf(`status: 404 Nowhere\nContent-Type: text/plain\n\nno`),
		passes: responds(http.StatusNotFound, "no")},
	{name: "a status without a reason", source: "6.3.3", script: printf(`Status: 404\nContent-Type: text/plain\n\nno`),
		passes: responds(http.StatusNotFound, "no")},
	{name: "an extension status", source: "6.3.3", script: printf(`Status: 299 Odd\nContent-Type: text/plain\n\nhello`),
		passes: responds(299, "hello")},
	{name: "an error with a body", source: "6.3.3",
		script: printf(`Status: 500 Broken\nContent-Type: text/plain\n\nbroken`),
		passes: responds(http.StatusInternalServerError, "broken")},
	{name: "the status is not a header of the response", source: "6.3.3", should: true,
		script: printf(`Status: 404 Nowhere\nContent-Type: text/plain\n\nno`),
		passes: all(responds(404, "*"), header("Status"))},
	{name: "status 204 has no body", source: "RFC 9110, 15.3.5", script: printf(`Status: 204 None\n\nhello`),
		passes: responds(http.StatusNoContent, "")},
	{name: "status 304 has no body", source: "RFC 9110, 15.4.5", script: printf(`Status: 304 Not Modified\n\nhello`),
		passes: responds(http.StatusNotModified, "")},
	{name: "a redirect", source: "6.2.3", script: printf(`Location: http://example.org/there\n\n`),
		passes: all(responds(http.StatusFound, "*"), header("Location", "http://example.org/there"))},
	{name: "a redirect with a document", source: "6.2.4",
		script: printf(`Status: 301 Moved\nLocation: http://example.org/there\nContent-Type: text/plain\n\nmoved`),
		passes: all(responds(http.StatusMovedPermanently, "moved"), header("Location", "http://example.org/there"))},
	{name: "a redirect to a path, with a status", source: "programs", should: true,
		script: printf(`Status: 303 See Other\nLocation: /there\n\n`),
		passes: all(responds(http.StatusSeeOther, "*"), header("Location", "/there"))},
	{name: "a local redirect", source: "6.2.2", script: redirectsTo("/there"), passes: variable("PATH_INFO", "/there")},
	{name: "a local redirect with a query", source: "6.2.2", script: redirectsTo("/there?a=b"),
		passes: all(variable("PATH_INFO", "/there"), variable("QUERY_STRING", "a=b"))},
	{name: "a local redirect after POST is a GET", source: "6.2.2",
		request: posted("hello"), script: redirectsTo("/there"),
		passes: all(variable("REQUEST_METHOD", "GET"), unset("CONTENT_LENGTH"))},
	{name: "other headers are passed on", source: "6.3.4", script: printf(`Content-Type: text/plain\nX-Odd: a b\n\nhello`),
		passes: all(responds(http.StatusOK, "hello"), header("X-Odd", "a b"))},
	{name: "several cookies stay apart", source: "6.3.4",
		script: printf(`Content-Type: text/plain\nSet-Cookie: a=1\nSet-Cookie: b=2\n\nhello`),
		passes: all(responds(http.StatusOK, "hello"), header("Set-Cookie", "a=1", "b=2"))},
	{name: "a header line of 2,000 bytes", source: "6.3",
		script: printf(`Content-Type: text/plain\nX-Odd: %01993d\n\nhello`),
		passes: all(responds(http.StatusOK, "hello"), header("X-Odd", strings.Repeat("0", 1993)))},
	{name: "a header line of 60 kB", source: "programs", should: true,
		script: printf(`Content-Type: text/plain\nX-Odd: %060000d\n\nhello`),
		passes: all(responds(http.StatusOK, "hello"), header("X-Odd", strings.Repeat("0", 60_000)))},
	{name: "200 cookies", source: "programs", should: true,
		script: printf(`Content-Type: text/plain\n` + strings.Repeat(`Set-Cookie: a=%0200d\n`, 200) + `\nhello`),
		passes: func(r response) bool { return len(r.header["Set-Cookie"]) == 200 && r.body == "hello" }},
	{name: "Content-Length", source: "6.3.4", script: printf(`Content-Type: text/plain\nContent-Length: 5\n\nhello`),
		passes: responds(http.StatusOK, "hello")},
	{name: "HEAD has no body", source: "4.3.3", request: asked("HEAD", "", ""),
		script: printf(`Content-Type: text/plain\n\nhello`),
		passes: func(r response) bool { return r.status == http.StatusOK && strings.HasSuffix(r.raw, "\r\n\r\n") }},
	{name: "HEAD has the header of GET", source: "4.3.3", should: true, request: asked("HEAD", "", ""),
		script: printf(`Content-Type: text/x-odd\nX-Odd: a\n\n`),
		passes: all(responds(http.StatusOK, ""), header("Content-Type", "text/x-odd"), header("X-Odd", "a"))},
	{name: "a response to HTTP/1.0 is not chunked", source: "RFC 9112, 6.1", request: "GET {path} HTTP/1.0\n\n",
		script: printf(`Content-Type: text/plain\n\nhello`),
		passes: func(r response) bool { return r.status == http.StatusOK && strings.HasSuffix(r.raw, "\r\n\r\nhello") }},
	{name: "a connection is used again", source: "RFC 9112, 9.3", should: true,
		request: "GET {path} HTTP/1.1\nHost: example.org\n\n<wait>" + asked("GET", "", ""),
		script:  printf(`Content-Type: text/plain\n\nhello`),
		passes:  func(r response) bool { return strings.Count(r.raw, "hello") == 2 }},
	{name: "the exit status does not matter", source: "programs", should: true,
		script: printf(`Content-Type: text/plain\n\nhello`) + "; exit 1", passes: responds(http.StatusOK, "hello")},
	{name: "standard error does not reach the client", source: "programs", should: true,
		script: printf(`Content-Type: text/plain\n\nhello`) + "; echo oops >&2", passes: responds(http.StatusOK, "hello")},
	{name: "standard error before the header", source: "programs", should: true,
		script: "echo oops >&2; " + printf(`Content-Type: text/plain\n\nhello`), passes: responds(http.StatusOK, "hello")},
	{name: "an NPH program", source: "5", should: true, nph: true,
		script: printf(`HTTP/1.1 404 Nowhere\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno`),
		passes: responds(http.StatusNotFound, "no")},
	{name: "no output is an error", source: "6.1", should: true, script: "true", passes: reportsError},
	{name: "output without a header is an error", source: "6.1", should: true,
		script: "echo garbage", passes: reportsError},
	{name: "a header without a type, location or status is an error", source: "6.2.1", should: true,
		script: printf(`X-Odd: a\n\nhello`), passes: reportsError},
	{name: "a status that is not a number is an error", source: "6.3.3", should: true,
		script: printf(`Status: fine\nContent-Type: text/plain\n\nhello`), passes: reportsError},
	{name: "status 000 is an error", source: "6.3.3", should: true,
		script: printf(`Status: 000\nContent-Type: text/plain\n\nhello`), passes: reportsError},
	{name: "a header that does not end is an error", source: "6.1", should: true,
		script: printf(`Content-Type: text/plain\n`),
		passes: reportsError},
	{name: "endless local redirects are an error", source: "6.2.2", should: true,
		script: `printf 'Location: %s\n\n' "$SCRIPT_NAME"`, passes: reportsError},
	{name: "a program that is killed does not look complete", source: "RFC 9112, 8", should: true,
		script: printf(`Content-Type: text/plain\n\nhello`) + "; kill -9 $$",
		passes: func(r response) bool { return r.err != nil || reportsError(r) }},
	{name: "a program that does not exist is 404", source: "RFC 9110, 15.5.5", should: true,
		request: "GET {dir}/none.cgi HTTP/1.1\nHost: example.org\nConnection: close\n\n",
		passes:  responds(http.StatusNotFound, "*")},
}

// redirectsTo returns a program that responds with a redirect to a path below its own, and prints its variables there.
func redirectsTo(beyond string) string {
	return `[ -n "$PATH_INFO" ] || { printf 'Location: %s` + beyond + `\n\n' "$SCRIPT_NAME"; exit; }; ` + prints
}
