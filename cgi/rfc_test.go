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

	"forktax/cgi"
	"forktax/workload/contract"
)

// served serves the host by HTTP until the test ends, and returns its address and its log.
func served(t *testing.T, h *cgi.Host) (addr string, logged *logBuffer) {
	t.Helper()
	logged = &logBuffer{}
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

// say sends a request byte for byte, and returns the answer byte for byte: its head with LF at the ends of lines, and
// its body. It may break off.
func say(t *testing.T, addr, request string) (head, body string) {
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
		t.Logf("reading the answer to %q: %v", request, err)
	}
	head, body, _ = strings.Cut(string(all), "\r\n\r\n")
	return strings.ReplaceAll(head, "\r\n", "\n") + "\n", body
}

// get is a request that asks to be the last.
func get(path string, header ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: example.org:81\r\nConnection: close\r\n" +
		strings.Join(append(header, "", ""), "\r\n")
}

// printsVariables answers with the environment that a child has, and with its standard input.
const printsVariables = `printf 'Content-Type: text/plain\n\n'; env; echo "input=$(cat)"`

// Rows of the table of what net/http/cgi does otherwise than RFC 3875, in requests.
func TestVariables(t *testing.T) {
	dir := t.TempDir()
	tests := map[string]struct {
		host    *cgi.Host // nil: one of no conditions
		request string
		has     []string // lines
		lacks   []string // beginnings of lines
	}{
		"D1: a chunked body has a length": {request: "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
			has: []string{"CONTENT_LENGTH=11", "input=hello world"}, lacks: []string{"HTTP_TRANSFER_ENCODING"}},
		"a chunked body of no bytes": {request: "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", has: []string{"input="}},
		"a body of no bytes": {request: "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
			has: []string{"CONTENT_LENGTH=0", "input="}},
		"no body": {request: get("/"), lacks: []string{"CONTENT_LENGTH=", "CONTENT_TYPE=", "AUTH_TYPE=", "REMOTE_USER=",
			"PATH_TRANSLATED="}, has: []string{"QUERY_STRING=", "REQUEST_METHOD=GET", "GATEWAY_INTERFACE=CGI/1.1"}},
		"D6 D7: what proves who the client is, and what has variables of its own": {
			request: "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Basic x\r\n" +
				"Proxy-Authorization: Basic y\r\nContent-Type: text/x-odd\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\nhi",
			has:   []string{"CONTENT_TYPE=text/x-odd", "CONTENT_LENGTH=2", "HTTP_CONTENT_ENCODING=gzip", "input=hi"},
			lacks: []string{"HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}},
		"authorization, if it is wanted": {host: &cgi.Host{Authorization: true}, request: get("/", "Authorization: Basic x"),
			has: []string{"HTTP_AUTHORIZATION=Basic x"}},
		"httpoxy":                  {request: get("/", "Proxy: http://evil/"), lacks: []string{"HTTP_PROXY"}},
		"D9: an older protocol":    {request: "GET / HTTP/1.0\r\n\r\n", has: []string{"SERVER_PROTOCOL=HTTP/1.0"}},
		"D10: a name of IPv6":      {request: "GET / HTTP/1.1\r\nHost: [::1]:81\r\nConnection: close\r\n\r\n", has: []string{"SERVER_NAME=[::1]"}},
		"the same without a port":  {request: "GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n", has: []string{"SERVER_NAME=[::1]"}},
		"a name with a port":       {request: get("/"), has: []string{"SERVER_NAME=example.org"}},
		"no name":                  {request: "GET / HTTP/1.0\r\n\r\n", has: []string{"SERVER_NAME=127.0.0.1"}},
		"D11: what is beyond root": {host: &cgi.Host{Root: "/cgi/"}, request: get("/cgi/x%20y/z?q=1"), has: []string{"SCRIPT_NAME=/cgi", "PATH_INFO=/x y/z", "QUERY_STRING=q=1", "REQUEST_URI=/cgi/x%20y/z?q=1"}},
		"nothing is":               {host: &cgi.Host{Root: "/cgi"}, request: get("/cgi"), has: []string{"SCRIPT_NAME=/cgi", "PATH_INFO="}},
		"D12: the same as a file":  {host: &cgi.Host{Root: "/cgi", Documents: dir}, request: get("/cgi/a/./b"), has: []string{"PATH_TRANSLATED=" + dir + "/a/b"}},
		"no file without a path":   {host: &cgi.Host{Documents: dir, Root: "/cgi"}, request: get("/cgi"), lacks: []string{"PATH_TRANSLATED"}},
		"D17: names that would be one": {request: get("/", "X-Foo: dash", "X_Foo: line", "X_Bar: line"),
			has: []string{"HTTP_X_FOO=dash"}, lacks: []string{"HTTP_X_BAR"}},
		"headers that are there twice": {request: get("/", "X-A: 1", "X-A: 2", "Cookie: a=1", "Cookie: b=2"),
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
			head, body := say(t, addr, test.request)
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
				t.Logf("the answer: %s\n%s", head, body)
			}
		})
	}
}

// dechunked is a body as it was before it was sent.
func dechunked(head, body string) string {
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(head+"\n"+body)), nil)
	if err != nil {
		return body
	}
	text, _ := io.ReadAll(resp.Body)
	return string(text)
}

// D13: who the client is has been found out by somebody in front.
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

// The same in answers: what a child writes, and what its client gets.
func TestAnswers(t *testing.T) {
	const text = `Content-Type: text/plain\n`
	tests := map[string]struct {
		prints string // by printf
		status int
		body   string
		has    string // a line of the head
		lacks  string
		logs   string
	}{
		"a document":                            {prints: text + `\nhello`, status: 200, body: "hello", has: "Content-Type: text/plain"},
		"with CRLF":                             {prints: `Content-Type: text/plain\r\n\r\nhello`, status: 200, body: "hello"},
		"with a status":                         {prints: `Status: 404 Not Found\n` + text + `\nno`, status: 404, body: "no", lacks: "Status"},
		"a redirect":                            {prints: `Location: http://example.org/x\n\n`, status: 302, has: "Location: http://example.org/x"},
		"a redirect with document":              {prints: `Status: 303 See Other\nLocation: http://example.org/x\n` + text + `\nthere`, status: 303, body: "there", has: "Location: http://example.org/x"},
		"a redirect by a path, with a document": {prints: `Location: /x\n` + text + `\nthere`, status: 302, body: "there", has: "Location: /x"},
		"not modified, with a body":             {prints: `Status: 304 Not Modified\n` + text + `\nbody`, status: 304},
		"no content, with a body":               {prints: `Status: 204 No Content\n\nbody`, status: 204},
		"a status alone":                        {prints: `Status: 500 Broken\n\n`, status: 500, lacks: "Content-Type"},
		"headers that are there twice":          {prints: text + `Set-Cookie: a=1\nSet-Cookie: b=2\n\n`, status: 200, has: "Set-Cookie: b=2"},
		"D2: a status in lower case":            {prints: `status: 404 Gone Fishing\n` + text + `\nno`, status: 404, body: "no", lacks: "Status"},
		"D3: a bad status":                      {prints: `Status: fine\n` + text + `\nhello`, status: 502, logs: "bogus status"},
		"a bad status in lower case":            {prints: `status: fine\n` + text + `\nhello`, status: 502, logs: `its status is "fine"`},
		"D4: a status below 0":                  {prints: `Status: -12\n` + text + `\nhello`, status: 502, logs: "its status is -12"},
		"a status that is none":                 {prints: `Status: 999\n` + text + `\nhello`, status: 502, logs: "its status is 999"},
		"a status of hints":                     {prints: `Status: 103\n` + text + `\nhello`, status: 502, logs: "its status is 103"},
		"a length that is too large":            {prints: `Content-Length: 50\n` + text + `\nhi`, status: 200, body: "hi", has: "Content-Length: 2"},
		"a length that is too small":            {prints: `Content-Length: 1\n` + text + `\nhi`, status: 200, body: "hi", has: "Content-Length: 2"},
		"a length that is none":                 {prints: `Content-Length: many\n` + text + `\nhi`, status: 502, logs: "its Content-Length is many"},
		"a length with a sign":                  {prints: `Content-Length: +2\n` + text + `\nhello`, status: 502, logs: "its Content-Length is +2"},
		"a length below 0":                      {prints: `Content-Length: -0\n` + text + `\nhello`, status: 502, logs: "its Content-Length is -0"},
		"a length in other digits":              {prints: `Content-Length: \331\245\n` + text + `\nhello`, status: 502, logs: "its Content-Length is ٥"},
		"a length of no digits":                 {prints: `Content-Length:\n` + text + `\nhello`, status: 502, logs: "its Content-Length is "},
		"a length beyond numbers":               {prints: `Content-Length: 9223372036854775808\n` + text + `\nhello`, status: 502, logs: "its Content-Length is 9"},
		"two lengths":                           {prints: `Content-Length: 2, 2\n` + text + `\nhello`, status: 502, logs: "its Content-Length is 2, 2"},
		"a length that begins with 0":           {prints: `Content-Length: 05\n` + text + `\nhello`, status: 200, body: "hello"},
		"a status with a sign":                  {prints: `status: +404\n` + text + `\nhello`, status: 502, logs: `its status is "+404"`},
		"D5: a long header line":                {prints: `X-Long: %02000d\n` + text + `\nhello`, status: 502, logs: "long header line"},
		"D18: a line that is no header":         {prints: `hello\n` + text + `\nhello`, status: 502, logs: "bogus header line: hello"},
		"a name that is none":                   {prints: `Bad name: 1\n` + text + `\nhello`, status: 502, logs: "invalid header name"},
		"D19: how it is sent is not its affair": {prints: `Transfer-Encoding: chunked\nConnection: upgrade\nUpgrade: x\n` + text + `\nhello`, status: 200, body: "hello", lacks: "Upgrade"},
		"response splitting":                    {prints: `X-A: 1\rX-B: 2\n` + text + `\nhello`, status: 502, logs: "its header X-A"},
		"a header with a NUL":                   {prints: `X-A: 1\0002\n` + text + `\nhello`, status: 502, logs: "its header X-A"},
		"no type":                               {prints: `X-Other: 1\n\nhello`, status: 502, logs: "missing required Content-Type"},
		"no head":                               {prints: ``, status: 502, logs: "no headers"},
		"no end of it":                          {prints: text, status: 502, logs: "no headers"},
		"nothing but its end":                   {prints: `\nhello`, status: 502, logs: "no headers"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			addr, logged := served(t, shell("printf '"+test.prints+"' 0"))
			head, body := say(t, addr, get("/path"))
			body = dechunked(head, body)
			if !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", test.status)) {
				t.Errorf("%q, want status %d", head, test.status)
			}
			if test.logs == "" && body != test.body {
				t.Errorf("body %q, want %q", body, test.body)
			}
			if test.logs != "" && strings.Contains(body, "hello") {
				t.Errorf("body %q: a part of the child's", body)
			}
			if !strings.Contains(head, "\n"+test.has) || test.lacks != "" && strings.Contains(head, test.lacks) {
				t.Errorf("%q, want %q and no %q", head, test.has, test.lacks)
			}
			if text := logged.String(); test.logs == "" && text != "" ||
				test.logs != "" && (!strings.HasPrefix(text, "GET /path: ") || !strings.Contains(text, test.logs)) {
				t.Errorf("the log has %q, want %q", text, test.logs)
			}
		})
	}
}

// D16: the path of another answer, and a chain of them that has no end.
func TestLocalRedirect(t *testing.T) {
	h := shell(`case $PATH_INFO in
/from) cat >/dev/null; printf 'Location: /to?from=%s\n\nnot seen' $REQUEST_METHOD;;
/to) printf 'Content-Type: text/plain\n\n%s %s %s' "$REQUEST_METHOD" "$REQUEST_URI" "$CONTENT_LENGTH";;
/round) echo x >>"$COUNT"; printf 'Location: /round\n\n';;
/away) printf 'Location: //example.org/\n\n';;
esac`)
	count := filepath.Join(t.TempDir(), "count")
	h.Env = []string{"COUNT=" + count}
	h.Limits.Children = 1 // each gives its slot back before the next begins
	addr, logged := served(t, h)
	head, body := say(t, addr, "POST /from HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") || body != "GET /to?from=POST " || strings.Contains(head, "Location") {
		t.Errorf("POST /from: %q %q, want the answer of GET /to", head, body)
	}
	if head, _ = say(t, addr, get("/round")); !strings.HasPrefix(head, "HTTP/1.1 502 ") {
		t.Errorf("GET /round: %q, want 502", head)
	}
	if text, _ := os.ReadFile(count); strings.Count(string(text), "x") != 11 {
		t.Errorf("%d children, want 11", strings.Count(string(text), "x"))
	}
	if !strings.Contains(logged.String(), "GET /round: more than 10 answers in a row were the paths of others") {
		t.Errorf("the log has %q", logged)
	}
	if head, _ = say(t, addr, get("/away")); !strings.Contains(head, "Location: //example.org/") {
		t.Errorf("GET /away: %q, want a redirect of the client", head)
	}
}

// HEAD has the head of GET, and no body, whatever the child writes.
func TestHead(t *testing.T) {
	addr, _ := served(t, shell(`printf 'Content-Type: text/plain\nContent-Length: 5\n\nhello'`))
	head, body := say(t, addr, strings.Replace(get("/"), "GET", "HEAD", 1))
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") || body != "" || !strings.Contains(head, "Content-Length: 5") {
		t.Errorf("HEAD: %q %q, want the head alone", head, body)
	}
}

// A head that comes in pieces, and standard error before and after the answer.
func TestPieces(t *testing.T) {
	addr, logged := served(t, shell(`echo before >&2; printf 'Content-'; sleep 0.05; printf 'Type: text/plain\r'; sleep 0.05
printf '\n\r'; sleep 0.05; printf '\nhello'; exec >&-; echo after >&2`))
	head, body := say(t, addr, get("/"))
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") || body != "hello" {
		t.Errorf("%q %q, want 200 hello", head, body)
	}
	if got := logged.String(); got != "GET /: before\nGET /: after\n" {
		t.Errorf("the log has %q", got)
	}
}

// What a child has written comes when it pauses.
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
		t.Fatalf("%q, %v", first, err)
	}
	if err := os.WriteFile(release, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "second" {
		t.Errorf("%q, %v", rest, err)
	}
}

// A child may answer while its body still comes, and more than any pipe holds both ways.
func TestBothDirections(t *testing.T) {
	const size = 64 << 20
	addr, _ := served(t, shell(`printf 'Content-Type: application/octet-stream\n\n'; exec cat`))
	for _, length := range []int64{size, -1} { // which is chunked
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
			t.Errorf("%d bytes came back (%v), want %d", got, err, size)
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
		c.Fatal("not what was sent")
	}
	return len(p), nil
}

// A folder's programs answer under their names, and nothing else does.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	bin := filepath.Join(dir, "bin")
	const program = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s|%s|%s' \"$SCRIPT_NAME\" \"$PATH_INFO\" \"$PWD\"\n"
	for path, mode := range map[string]os.FileMode{"a.sh": 0o755, "sub/b.sh": 0o755, "plain.txt": 0o644, ".hidden": 0o755,
		".git/c.sh": 0o755, "../above": 0o755} {
		write(t, filepath.Join(bin, path), program, mode)
	}
	write(t, outside, program, 0o755)
	for name, to := range map[string]string{"out": outside, "up": "../above", "in": "sub/b.sh", "dirout": filepath.Dir(outside),
		"loop": "loop", "chain": "out", "absolute": filepath.Join(bin, "a.sh")} {
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
		head, body := say(t, addr, get(path))
		if len(want) == 3 {
			if !strings.HasPrefix(head, "HTTP/1.1 "+want+" ") {
				t.Errorf("%s: %q, want %s", path, head, want)
			}
		} else if !strings.HasPrefix(head, "HTTP/1.1 200 ") || body != want {
			t.Errorf("%s: %q %q, want %q", path, head, body, want)
		}
	}
	// The log has a line for each file that is there and not served, and none for a name that is not there.
	const notFollowed = " is a symbolic link that is not followed: "
	const escapes = notFollowed + "path escapes from parent (a link must be relative, and stay within "
	want := []string{
		"/cgi-bin/a.sh%00: its path has a NUL, which no variable can hold",
		"/cgi-bin/absolute: " + bin + "/absolute" + escapes + bin + ")",
		"/cgi-bin/chain: " + bin + "/chain" + escapes + bin + ")",
		"/cgi-bin/dirout/outside: " + bin + "/dirout" + escapes + bin + ")",
		"/cgi-bin/loop: " + bin + "/loop" + notFollowed + "too many levels of symbolic links (a link must be relative, and stay within " + bin + ")",
		"/cgi-bin/out: " + bin + "/out" + escapes + bin + ")",
		"/cgi-bin/plain.txt: " + bin + "/plain.txt is not executable (chmod +x makes it so)",
		"/cgi-bin/up: " + bin + "/up" + escapes + bin + ")",
	}
	got := strings.Split(strings.ReplaceAll(strings.TrimSpace(logged.String()), "GET ", ""), "\n")
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the log (-want +got):\n%s", diff)
	}
}

// Requests that are too large, or hostile, start nothing.
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
			"POST /1: its body of 1001 bytes is longer than 1000"},
		"a chunked body": {"POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
			strings.Repeat("x", 1001) + "\r\n0\r\n\r\n", 413, "POST /2: its body is longer than 1000 bytes"},
		"a body of no sense": {"POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400,
			"POST /3: reading its body: "},
		"shellshock": {get("/4", "User-Agent: () { :;}; echo shocked"), 400,
			"GET /4: a header begins with () {, which old shells execute"},
	} {
		if head, _ := say(t, addr, test.request); !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", test.status)) {
			t.Errorf("%s: %q, want %d", name, head, test.status)
		}
		if !strings.Contains(logged.String(), test.logs) {
			t.Errorf("%s: the log has %q, want %q", name, logged, test.logs)
		}
	}
	if s := h.Stats(); s.Started != 0 {
		t.Errorf("%d children were started, want none", s.Started)
	}
}

// write makes a file in a folder that is made, too.
func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
