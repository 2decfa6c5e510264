package cgi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/testenv"
	"forktax/cgi"
	"forktax/workload/contract"
)

// served serves the host by HTTP until the test ends, and returns its address and its log.
func served(t *testing.T, h *cgi.Host) (addr string, logged *testenv.Log) {
	t.Helper()
	logged = &testenv.Log{}
	h.Logger = log.New(logged, "", 0)
	server := httptest.NewUnstartedServer(h)
	server.Config.ConnContext = cgi.WithConn
	server.Config.ErrorLog = log.New(logged, "server: ", 0)
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.Listener.Addr().String(), logged
}

// sendRaw sends the bytes of a request and returns the header, with LF line endings, and the body of the response. The
// response may be incomplete.
func sendRaw(t *testing.T, addr, request string) (head, body string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(c)
	if err != nil {
		t.Logf("reading the response to %q: %v", request, err)
	}
	head, body, _ = strings.Cut(string(all), "\r\n\r\n")
	return strings.ReplaceAll(head, "\r\n", "\n") + "\n", body
}

// get returns a GET request with "Connection: close".
func get(path string, header ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: example.org:81\r\nConnection: close\r\n" +
		strings.Join(append(header, "", ""), "\r\n")
}

// printsVariables responds with the environment and the standard input of the child.
const printsVariables = `printf 'Content-Type: text/plain\n\n'; env; echo "input=$(cat)"`

// A child has the variables that RFC 3875 requires. D and a number in the name of a case refer to a row of the table
// of differences between net/http/cgi and RFC 3875.
func TestVariables(t *testing.T) {
	dir := t.TempDir()
	tests := map[string]struct {
		host    *cgi.Host // nil means the zero host
		request string
		has     []string // lines
		lacks   []string // beginnings of lines
	}{
		"D1: a chunked body has a length": {request: "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
			has: []string{"CONTENT_LENGTH=11", "input=hello world"}, lacks: []string{"HTTP_TRANSFER_ENCODING"}},
		"an empty chunked body": {request: "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", has: []string{"input="}},
		"an empty body": {request: "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
			has: []string{"CONTENT_LENGTH=0", "input="}},
		"no body": {request: get("/"), lacks: []string{"CONTENT_LENGTH=", "CONTENT_TYPE=", "AUTH_TYPE=", "REMOTE_USER=",
			"PATH_TRANSLATED="}, has: []string{"QUERY_STRING=", "REQUEST_METHOD=GET", "GATEWAY_INTERFACE=CGI/1.1"}},
		"D6 D7: credentials, and headers with variables of their own": {
			request: "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic x\r\n" +
				"Proxy-Authorization: Basic y\r\nContent-Type: text/x-odd\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\nhi",
			has:   []string{"CONTENT_TYPE=text/x-odd", "CONTENT_LENGTH=2", "HTTP_CONTENT_ENCODING=gzip", "input=hi"},
			lacks: []string{"HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}},
		"authorization, if it is wanted": {host: &cgi.Host{Authorization: true}, request: get("/", "Authorization: Basic x"),
			has: []string{"HTTP_AUTHORIZATION=Basic x"}},
		"httpoxy":               {request: get("/", "Proxy: http://evil/"), lacks: []string{"HTTP_PROXY"}},
		"D9: an older protocol": {request: "GET / HTTP/1.0\r\n\r\n", has: []string{"SERVER_PROTOCOL=HTTP/1.0"}},
		"D10: an IPv6 address with a port": {request: "GET / HTTP/1.1\r\nHost: [::1]:81\r\nConnection: close\r\n\r\n",
			has: []string{"SERVER_NAME=[::1]"}},
		"an IPv6 address without a port": {request: "GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n",
			has: []string{"SERVER_NAME=[::1]"}},
		"a name with a port": {request: get("/"), has: []string{"SERVER_NAME=example.org"}},
		"no name":            {request: "GET / HTTP/1.0\r\n\r\n", has: []string{"SERVER_NAME=127.0.0.1"}},
		"D11: the path after Root": {host: &cgi.Host{Root: "/cgi/"}, request: get("/cgi/x%20y/z?q=1"),
			has: []string{"SCRIPT_NAME=/cgi", "PATH_INFO=/x y/z", "QUERY_STRING=q=1", "REQUEST_URI=/cgi/x%20y/z?q=1"}},
		"no path after Root": {host: &cgi.Host{Root: "/cgi"}, request: get("/cgi"),
			has: []string{"SCRIPT_NAME=/cgi", "PATH_INFO="}},
		"D12: PATH_TRANSLATED": {host: &cgi.Host{Root: "/cgi", Documents: dir}, request: get("/cgi/a/./b"),
			has: []string{"PATH_TRANSLATED=" + dir + "/a/b"}},
		"no PATH_TRANSLATED without a path": {host: &cgi.Host{Documents: dir, Root: "/cgi"}, request: get("/cgi"),
			lacks: []string{"PATH_TRANSLATED"}},
		"D17: header names with the same variable": {request: get("/", "X-Foo: dash", "X_Foo: line", "X_Bar: line"),
			has: []string{"HTTP_X_FOO=dash"}, lacks: []string{"HTTP_X_BAR"}},
		"repeated headers": {request: get("/", "X-A: 1", "X-A: 2", "Cookie: a=1", "Cookie: b=2"),
			has: []string{"HTTP_X_A=1, 2", "HTTP_COOKIE=a=1; b=2"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h := test.host
			if h == nil {
				h = &cgi.Host{}
			}
			h.Path, h.Args = "/bin/sh", []string{"-c", printsVariables}
			addr, _ := served(t, h)
			head, body := sendRaw(t, addr, test.request)
			lines := strings.Split(dechunked(head, body), "\n")
			for _, want := range test.has {
				if !slices.Contains(lines, want) {
					t.Errorf("the child lacks %s", want)
				}
			}
			for _, no := range test.lacks {
				if slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, no) }) {
					t.Errorf("the child has %s", no)
				}
			}
			_, port, _ := net.SplitHostPort(addr)
			if want := "SERVER_PORT=" + port; !slices.Contains(lines, want) { // D8
				t.Errorf("the child lacks %s", want)
			}
			if t.Failed() {
				t.Logf("response:\n%s\n%s", head, body)
			}
		})
	}
}

// dechunked returns a body without its transfer coding.
func dechunked(head, body string) string {
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(head+"\n"+body)), nil)
	if err != nil {
		return body
	}
	text, _ := io.ReadAll(resp.Body)
	return string(text)
}

// D13: a handler in front of the host has authenticated the client.
func TestUser(t *testing.T) {
	h := shell(printsVariables)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, cgi.WithUser(httptest.NewRequest(http.MethodGet, "/", nil), "Basic", "ada"))
	for _, want := range []string{"AUTH_TYPE=Basic\n", "REMOTE_USER=ada\n"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the child lacks %s:\n%s", want, w.Body)
		}
	}
}

// The client of a child gets a valid response or an error status. D and a number in the name of a case refer to a row
// of the table of differences between net/http/cgi and RFC 3875.
func TestResponses(t *testing.T) {
	const text = `Content-Type: text/plain\n`
	tests := map[string]struct {
		prints string // output of the child, as an argument of printf
		status int
		body   string
		has    string // a line of the header
		lacks  string
		logs   string
	}{
		"a document": {prints: text + `\nhello`,
			status: 200, body: "hello", has: "Content-Type: text/plain"},
		"with CRLF": {prints: `Content-Type: text/plain\r\n\r\nhello`, status: 200, body: "hello"},
		"with a status": {prints: `Status: 404 Not Found\n` + text + `\nno`,
			status: 404, body: "no", lacks: "Status"},
		"a redirect": {prints: `Location: http://example.org/x\n\n`,
			status: 302, has: "Location: http://example.org/x"},
		"a redirect with a document": {prints: `Status: 303 See Other\nLocation: http://example.org/x\n` + text + `\nthere`,
			status: 303, body: "there", has: "Location: http://example.org/x"},
		"a redirect to a path, with a document": {prints: `Location: /x\n` + text + `\nthere`,
			status: 302, body: "there", has: "Location: /x"},
		"304 with a body": {prints: `Status: 304 Not Modified\n` + text + `\nbody`, status: 304},
		"204 with a body": {prints: `Status: 204 No Content\n\nbody`, status: 204},
		"a status alone":  {prints: `Status: 500 Broken\n\n`, status: 500, lacks: "Content-Type"},
		"repeated headers": {prints: text + `Set-Cookie: a=1\nSet-Cookie: b=2\n\n`,
			status: 200, has: "Set-Cookie: b=2"},
		"D2: a status in lower case": {prints: `status: 404 Gone Fishing\n` + text + `\nno`,
			status: 404, body: "no", lacks: "Status"},
		"D3: a bad status": {prints: `Status: fine\n` + text + `\nhello`,
			status: 502, logs: `invalid response status "fine"`},
		"a bad status in lower case": {prints: `status: fine\n` + text + `\nhello`,
			status: 502, logs: `invalid response status "fine"`},
		"D4: a negative status": {prints: `Status: -12\n` + text + `\nhello`,
			status: 502, logs: `invalid response status "-12"`},
		"a status out of range": {prints: `Status: 999\n` + text + `\nhello`,
			status: 502, logs: `invalid response status "999"`},
		"an informational status": {prints: `Status: 103\n` + text + `\nhello`,
			status: 502, logs: `invalid response status "103"`},
		"a Content-Length that is too large": {prints: `Content-Length: 50\n` + text + `\nhi`,
			status: 200, body: "hi", has: "Content-Length: 2"},
		"a Content-Length that is too small": {prints: `Content-Length: 1\n` + text + `\nhi`,
			status: 200, body: "hi", has: "Content-Length: 2"},
		"a Content-Length that is not a number": {prints: `Content-Length: many\n` + text + `\nhi`,
			status: 502, logs: "invalid Content-Length of the response: many"},
		"a Content-Length with a sign": {prints: `Content-Length: +2\n` + text + `\nhello`,
			status: 502, logs: "invalid Content-Length of the response: +2"},
		"a negative Content-Length": {prints: `Content-Length: -0\n` + text + `\nhello`,
			status: 502, logs: "invalid Content-Length of the response: -0"},
		"a Content-Length in non-ASCII digits": {prints: `Content-Length: \331\245\n` + text + `\nhello`,
			status: 502, logs: "invalid Content-Length of the response: ٥"},
		"an empty Content-Length": {prints: `Content-Length:\n` + text + `\nhello`,
			status: 502, logs: "invalid Content-Length of the response: "},
		"a Content-Length out of range": {prints: `Content-Length: 9223372036854775808\n` + text + `\nhello`,
			status: 502, logs: "invalid Content-Length of the response: 9"},
		"two Content-Lengths": {prints: `Content-Length: 2, 2\n` + text + `\nhello`,
			status: 502, logs: "invalid Content-Length of the response: 2, 2"},
		"a Content-Length with a leading zero": {prints: `Content-Length: 05\n` + text + `\nhello`,
			status: 200, body: "hello"},
		"a status with a sign": {prints: `status: +404\n` + text + `\nhello`,
			status: 502, logs: `invalid response status "+404"`},
		"D5: a long header line": {prints: text + `X-Long: %060000d\n\nhello`, status: 200, body: "hello"},
		"200 cookies": {prints: text + strings.Repeat(`Set-Cookie: a=`+strings.Repeat("x", 200)+`\n`, 200) + `\nhello`,
			status: 200, body: "hello"},
		"a header above the limit": {prints: text + `X-Long: %066000d\n\nhello`,
			status: 502, logs: "the response header exceeds the limit of 65536 bytes"},
		"D4: status 000": {prints: `Status: 000\n` + text + `\nhello`, status: 502, logs: `invalid response status "000"`},
		"a status in lower case without Content-Type": {prints: `status: 204\n\n`, status: 204},
		"a redirect to a path, with a status": {prints: `Status: 302 Found\nLocation: /x\n\n`,
			status: 302, has: "Location: /x"},
		"a status line": {prints: `HTTP/1.1 404 Not Found\r\nX-A: 1\r\n\r\nno`,
			status: 404, body: "no", has: "X-A: 1"},
		"a status line without a status": {prints: `HTTP/1.1\n` + text + `\nno`,
			status: 502, logs: "invalid response status"},
		"a chunked response": {prints: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`,
			status: 200, body: "hello"},
		"a chunked response whose end comes later": {
			prints: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n'; sleep 0.1; printf '\r\n`,
			status: 200, body: "hello"},
		"a folded line": {prints: text + `X-A: 1\n 2\n\nhello`, status: 502,
			logs: "malformed response header line:  2"},
		"D18: a line that is not a header": {prints: `hello\n` + text + `\nhello`,
			status: 502, logs: "malformed response header line: hello"},
		"an invalid header name": {prints: `Bad name: 1\n` + text + `\nhello`,
			status: 502, logs: "malformed response header line: Bad name: 1"},
		"D19: hop-by-hop headers": {
			prints: `Transfer-Encoding: chunked\nConnection: upgrade\nUpgrade: x\n` + text + `\nhello`,
			status: 200, body: "hello", lacks: "Upgrade"},
		"response splitting": {prints: `X-A: 1\rX-B: 2\n` + text + `\nhello`,
			status: 502, logs: "invalid value of response header X-A"},
		"a header with a NUL": {prints: `X-A: 1\0002\n` + text + `\nhello`,
			status: 502, logs: "invalid value of response header X-A"},
		"no Content-Type": {prints: `X-Other: 1\n\nhello`,
			status: 502, logs: "neither Content-Type nor Location nor Status"},
		"no output":            {prints: ``, status: 502, logs: "the response has no header"},
		"an incomplete header": {prints: text, status: 502, logs: "the response header does not end with an empty line"},
		"an empty header":      {prints: `\nhello`, status: 502, logs: "the response has no header"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			addr, logged := served(t, shell("printf '"+test.prints+"' 0"))
			head, body := sendRaw(t, addr, get("/path"))
			body = dechunked(head, body)
			if !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", test.status)) {
				t.Errorf("%q, want status %d", head, test.status)
			}
			if test.logs == "" && body != test.body {
				t.Errorf("body %q, want %q", body, test.body)
			}
			if test.logs != "" && strings.Contains(body, "hello") {
				t.Errorf("body %q, want no output of the child", body)
			}
			if !strings.Contains(head, "\n"+test.has) || test.lacks != "" && strings.Contains(head, test.lacks) {
				t.Errorf("%q, want %q and no %q", head, test.has, test.lacks)
			}
			if text := logged.String(); test.logs == "" && text != "" ||
				test.logs != "" && (!strings.HasPrefix(text, "GET /path: ") || !strings.Contains(text, test.logs)) {
				t.Errorf("log = %q, want %q", text, test.logs)
			}
		})
	}
}

// D16: a local redirect is served, and an endless chain of local redirects ends with an error.
func TestLocalRedirect(t *testing.T) {
	h := shell(`case $PATH_INFO in
/from) cat >/dev/null; printf 'Location: /to?from=%s\n\nnot seen' $REQUEST_METHOD;;
/to) printf 'Content-Type: text/plain\n\n%s %s %s' "$REQUEST_METHOD" "$REQUEST_URI" "$CONTENT_LENGTH";;
/round) echo x >>"$COUNT"; printf 'Location: /round\n\n';;
/away) printf 'Location: //example.org/\n\n';;
esac`)
	count := filepath.Join(t.TempDir(), "count")
	h.Env = []string{"COUNT=" + count}
	h.Limits.Children = 1 // each child releases its slot before the next starts
	addr, logged := served(t, h)
	head, body := sendRaw(t, addr, "POST /from HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") || body != "GET /to?from=POST " || strings.Contains(head, "Location") {
		t.Errorf("POST /from: %q %q, want the response of GET /to", head, body)
	}
	if head, _ = sendRaw(t, addr, get("/round")); !strings.HasPrefix(head, "HTTP/1.1 502 ") {
		t.Errorf("GET /round: %q, want 502", head)
	}
	if text, _ := os.ReadFile(count); strings.Count(string(text), "x") != 11 {
		t.Errorf("%d children, want 11", strings.Count(string(text), "x"))
	}
	if !strings.Contains(logged.String(), "GET /round: more than 10 local redirects for one request") {
		t.Errorf("log = %q, want the limit of local redirects", logged)
	}
	if head, _ = sendRaw(t, addr, get("/away")); !strings.Contains(head, "Location: //example.org/") {
		t.Errorf("GET /away: %q, want a redirect of the client", head)
	}
}

// The response to HEAD has the header of GET and no body, whatever the child writes.
func TestHead(t *testing.T) {
	addr, _ := served(t, shell(`printf 'Content-Type: text/plain\nContent-Length: 5\n\nhello'`))
	head, body := sendRaw(t, addr, strings.Replace(get("/"), "GET", "HEAD", 1))
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") || body != "" || !strings.Contains(head, "Content-Length: 5") {
		t.Errorf("HEAD: %q %q, want the header alone", head, body)
	}
}

// A header may be written in parts. Standard error is logged before and after the response.
func TestPieces(t *testing.T) {
	addr, logged := served(t, shell(`echo before >&2; printf 'Content-'; sleep 0.05
printf 'Type: text/plain\r'; sleep 0.05; printf '\n\r'; sleep 0.05; printf '\nhello'; exec >&-; echo after >&2`))
	head, body := sendRaw(t, addr, get("/"))
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") || body != "hello" {
		t.Errorf("%q %q, want 200 hello", head, body)
	}
	if got, want := logged.String(), "GET /: before\nGET /: after\n"; got != want {
		t.Errorf("log = %q, want %q", got, want)
	}
}

// With Streams, output of a child is sent when it pauses.
func TestStreams(t *testing.T) {
	release := filepath.Join(t.TempDir(), "release")
	h := shell(`printf 'Content-Type: text/plain\n\nfirst'; until [ -e "$RELEASE" ]; do sleep 0.02; done; printf second`,
		"RELEASE="+release)
	h.Streams = true
	addr, _ := served(t, h)
	resp, err := http.Get("http://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first" {
		t.Fatalf("before the end: %q, %v; want first", first, err)
	}
	if err := os.WriteFile(release, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "second" {
		t.Errorf("rest = %q, %v; want second", rest, err)
	}
}

// A child may respond while its request body still arrives, with more data in both directions than a pipe holds.
func TestBothDirections(t *testing.T) {
	const size = 64 << 20
	addr, _ := served(t, shell(`printf 'Content-Type: application/octet-stream\n\n'; exec cat`))
	for _, length := range []int64{size, -1} { // -1: chunked
		body := io.LimitReader(pattern{}, size)
		req, err := http.NewRequest(http.MethodPost, "http://"+addr, body)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = length
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.Copy(checker{t}, resp.Body)
		resp.Body.Close()
		if err != nil || got != size {
			t.Errorf("received %d bytes, %v; want %d", got, err, size)
		}
	}
}

type pattern struct{}

func (pattern) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

type checker struct{ *testing.T }

func (c checker) Write(p []byte) (int, error) {
	if bytes.Count(p, []byte("x")) != len(p) {
		c.Fatal("the response differs from the request body")
	}
	return len(p), nil
}

// The programs of a directory are served under their names, and no other files are.
func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	bin := filepath.Join(dir, "bin")
	const program = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s|%s|%s' \"$SCRIPT_NAME\" \"$PATH_INFO\" \"$PWD\"\n"
	for path, mode := range map[string]os.FileMode{"a.sh": 0o755, "sub/b.sh": 0o755, "plain.txt": 0o644, ".hidden": 0o755,
		".git/c.sh": 0o755, "../above": 0o755} {
		write(t, filepath.Join(bin, path), program, mode)
	}
	write(t, outside, program, 0o755)
	for name, to := range map[string]string{"out": outside, "up": "../above", "in": "sub/b.sh",
		"dirout": filepath.Dir(outside), "loop": "loop", "chain": "out", "absolute": filepath.Join(bin, "a.sh")} {
		if err := os.Symlink(to, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	addr, logged := served(t, &cgi.Host{Path: bin, Root: "/cgi-bin"})
	for path, want := range map[string]string{
		"/cgi-bin/a.sh":              "/cgi-bin/a.sh||" + bin,
		"/cgi-bin/a.sh/more/of%20it": "/cgi-bin/a.sh|/more/of it|" + bin,
		"/cgi-bin/sub/b.sh/":         "/cgi-bin/sub/b.sh|/|" + bin + "/sub",
		"/cgi-bin/in":                "/cgi-bin/in||" + bin,
		"/cgi-bin/plain.txt":         "403", "/cgi-bin/out": "404", "/cgi-bin/up": "404", "/cgi-bin/dirout/outside": "404",
		"/cgi-bin/loop": "404", "/cgi-bin/chain": "404", "/cgi-bin/absolute": "404",
		"/cgi-bin/" + strings.Repeat("long", 100): "404",
		"/cgi-bin/": "404", "/cgi-bin": "404", "/cgi-bin/sub": "404", "/cgi-bin/none": "404", "/cgi-binx/a.sh": "404",
		"/cgi-bin/.hidden": "404", "/cgi-bin/.git/c.sh": "404", "/cgi-bin/../above": "404", "/cgi-bin/sub/../a.sh": "404",
		"/cgi-bin/%2e%2e/above": "404", "/cgi-bin/sub%2fb.sh": "404", "/cgi-bin/sub%2Fb.sh": "404", "/cgi-bin//a.sh": "404",
		"/cgi-bin/a.sh/../../above": "404", "/cgi-bin/a.sh%00": "400", "/a.sh": "404", "/": "404",
	} {
		head, body := sendRaw(t, addr, get(path))
		if len(want) == 3 {
			if !strings.HasPrefix(head, "HTTP/1.1 "+want+" ") {
				t.Errorf("%s: %q, want %s", path, head, want)
			}
		} else if !strings.HasPrefix(head, "HTTP/1.1 200 ") || body != want {
			t.Errorf("%s: %q %q, want %q", path, head, body, want)
		}
	}
	// The log has a line for each existing file that is not served, and none for a name that does not exist.
	const notFollowed = ": symbolic link not followed: "
	const relative = " (a link must be relative and stay within "
	const escapes = notFollowed + "path escapes from parent" + relative
	want := []string{
		"/cgi-bin/a.sh%00: the URL path contains a NUL byte, which a variable cannot hold",
		"/cgi-bin/absolute: " + bin + "/absolute" + escapes + bin + ")",
		"/cgi-bin/chain: " + bin + "/chain" + escapes + bin + ")",
		"/cgi-bin/dirout/outside: " + bin + "/dirout" + escapes + bin + ")",
		"/cgi-bin/loop: " + bin + "/loop" + notFollowed + "too many levels of symbolic links" + relative + bin + ")",
		"/cgi-bin/out: " + bin + "/out" + escapes + bin + ")",
		"/cgi-bin/plain.txt: " + bin + "/plain.txt is not executable; make it executable with chmod +x",
		"/cgi-bin/up: " + bin + "/up" + escapes + bin + ")",
	}
	got := strings.Split(strings.ReplaceAll(strings.TrimSpace(logged.String()), "GET ", ""), "\n")
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

// Requests that are too large, malformed or hostile start no child.
func TestRefused(t *testing.T) {
	h := shell(printsVariables)
	h.Limits = contract.ChildLimits{Body: 1000}
	addr, logged := served(t, h)
	for name, test := range map[string]struct {
		request string
		status  int
		logs    string
	}{
		"a body": {"POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + strings.Repeat("x", 1001), 413,
			"POST /1: request body of 1001 bytes exceeds the limit of 1000 bytes"},
		"a chunked body": {"POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
			strings.Repeat("x", 1001) + "\r\n0\r\n\r\n", 413, "POST /2: request body exceeds the limit of 1000 bytes"},
		"a malformed body": {"POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400,
			"POST /3: reading the request body: "},
		"shellshock": {get("/4", "User-Agent: () { :;}; echo shocked"), 400,
			"GET /4: a header value begins with () {, which old shells execute"},
	} {
		if head, _ := sendRaw(t, addr, test.request); !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", test.status)) {
			t.Errorf("%s: %q, want %d", name, head, test.status)
		}
		if !strings.Contains(logged.String(), test.logs) {
			t.Errorf("%s: log = %q, want %q", name, logged, test.logs)
		}
	}
	if s := h.Stats(); s.Started != 0 {
		t.Errorf("%d children were started, want none", s.Started)
	}
}

// write creates a file and its directory.
func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
