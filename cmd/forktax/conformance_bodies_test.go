//go:build slow

package main

import (
	"net/http"
	"strings"
)

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
	{name: "no CONTENT_TYPE without Content-Type", source: "4.1.3", request: posted("hello"),
		passes: unset("CONTENT_TYPE")},
	{name: "a body of any bytes from the client", source: "4.2", request: posted("\x00\xff\r\n\r\n\x00"),
		script: printf(`Content-Type: text/plain\n\n`) + `; head -c "$CONTENT_LENGTH"`,
		passes: responds(http.StatusOK, "\x00\xff\r\n\r\n\x00")},
	{name: "an empty body of POST", source: "4.1.2", request: posted(""),
		script: printf(`Content-Type: text/plain\n\n`) + `; head -c 1; echo "${CONTENT_LENGTH:-0}"`,
		passes: responds(http.StatusOK, "0\n")},
	{name: "a body of GET", source: "4.2", request: asked("GET", "", "hello", "Content-Length: 5"),
		passes: all(variable("REQUEST_METHOD", "GET"), variable("CONTENT_LENGTH", "5"), variable("INPUT", "hello"))},
	{name: "PUT reaches the program, with its body", source: "4.3", should: true,
		request: asked("PUT", "/new", "hello", "Content-Length: 5"),
		passes:  all(variable("REQUEST_METHOD", "PUT"), variable("PATH_INFO", "/new"), variable("INPUT", "hello"))},
	{name: "a body of which the program reads a part", source: "4.2",
		request: posted(strings.Repeat("0123456789", 2000)),
		script:  `two=$(head -c 2); printf 'Content-Type: text/plain\n\n%s' "$two"`, passes: responds(http.StatusOK, "01")},
	{name: "a body of 300 kB that is sent back as it is read", source: "4.2",
		request: posted(strings.Repeat("0123456789", 30_000)),
		script:  printf(`Content-Type: text/plain\n\n`) + `; head -c "$CONTENT_LENGTH"`,
		passes:  responds(http.StatusOK, strings.Repeat("0123456789", 30_000))},
	{name: "an empty chunked body is empty, or refused", source: "4.1.2",
		request: asked("POST", "", "0\n\n", "Transfer-Encoding: chunked"),
		script:  printf(`Content-Type: text/plain\n\n`) + `; head -c "${CONTENT_LENGTH:-0}"; echo end`,
		passes:  func(r response) bool { return r.status/100 == 4 || responds(http.StatusOK, "end\n")(r) }},
	{name: "a chunked body with an extension and a trailer is decoded, or refused", source: "RFC 9112, 7.1",
		request: asked("POST", "", "5;a=b\nhello\n0\nX-Odd: a\n\n", "Transfer-Encoding: chunked"),
		passes:  func(r response) bool { return r.status/100 == 4 || variable("INPUT", "hello")(r) }},
}

var chunked = asked("POST", "", "5\nhello\n6\n world\n0\n\n", "Transfer-Encoding: chunked")
