package explain_test

import (
	"strings"
	"testing"

	"forktax/bench/explain"
)

func TestResponse(t *testing.T) {
	check := func(output string, status int, body string) {
		t.Helper()
		got, err := explain.ParseResponse([]byte(output))
		if err != nil || got.Status != status || string(got.Body) != body {
			t.Errorf("ParseResponse(%q) = %d %q, %v, want %d %q", output, got.Status, got.Body, err, status, body)
		}
	}
	check("Content-Type: text/plain\n\nhello\n", 200, "hello\n")
	check("content-type: text/plain\r\n\r\nhello\r\n\r\n", 200, "hello\r\n\r\n")
	check("Status: 404 Not Found\nContent-Type: text/plain\n\nno", 404, "no")
	check("status: 204\n\n", 204, "")
	check("Location: /elsewhere\n\n", 302, "")
	check("HTTP/1.1 404 Not Found\nContent-Type: text/plain\n\nno", 404, "no")
	check("HTTP/1.1 200 OK\nContent-Type: a\nTransfer-Encoding: chunked\n\n2\r\nno\r\n0\r\n\r\n", 200, "no")
	check("Content-Type: a\n\n"+strings.Repeat("x", 1<<20), 200, strings.Repeat("x", 1<<20))
}

func TestResponseThatIsNone(t *testing.T) {
	for output, want := range map[string]string{
		"":                            "it printed nothing: a CGI response begins with a header",
		"hello\n":                     `its first line is "hello"`,
		"Content-Type: text/plain\n":  "an empty line",
		"\n\nhello":                   `its first line is ""`,
		"X-Powered-By: hope\n\nhello": "neither Content-Type nor Location nor Status",
		"Status: fine\n\n":            `invalid response status "fine"`,
		"HTTP/1.1 100 Continue\n\n":   `invalid response status "100 Continue"`,
		"Status: 100\n\n":             `invalid response status "100"`,
		"Content-Type: a\nContent-Length: +3\n\nyes":  "invalid Content-Length",
		"X: " + strings.Repeat("x", 1<<17) + "\n\n":   "exceeds the limit of 65536 bytes",
		"\x00\x01\x02" + strings.Repeat("\xff", 1000): "a CGI response begins with a header",
	} {
		_, err := explain.Start{Output: []byte(output)}.Response()
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 500 {
			t.Errorf("ParseResponse(%.40q) = %v, want an error with %q", output, err, want)
		}
	}
}
