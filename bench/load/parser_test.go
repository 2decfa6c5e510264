//go:build linux

package load_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// chunked is the head of a chunked response.
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

func TestParserFraming(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, c := range map[string]struct {
		in       string
		head     bool
		ends     bool
		status   int
		bytes    int64
		reusable bool
		rest     int // bytes after the response
	}{
		"a length": {in: ok + "Content-Length: 5\r\n\r\nhello", status: 200, bytes: 5, reusable: true},
		"no body":  {in: ok + "content-length:0\r\n\r\n", status: 200, reusable: true},
		"bare LF":  {in: "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", status: 200, bytes: 2, reusable: true},
		"the same twice": {in: ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
			status: 200, bytes: 2, reusable: true},
		"no reason": {in: "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", status: 404, reusable: true},
		"a folded line": {in: ok + "X: a\r\n b: c\r\nContent-Length: 1\r\n\r\nx",
			status: 200, bytes: 1, reusable: true},
		"chunks": {in: chunked + "5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n",
			status: 200, bytes: 15, reusable: true},
		"extensions, trailers": {in: ok + "Transfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n0 ; x\r\nA: b\r\n\r\n",
			status: 200, bytes: 5, reusable: true},
		"chunks over a length": {in: ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
			status: 200, bytes: 1, reusable: true},
		"until the end":     {in: ok + "\r\nhello", ends: true, status: 200, bytes: 5},
		"HEAD":              {in: ok + "Content-Length: 5\r\n\r\n", head: true, status: 200, reusable: true},
		"204":               {in: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, reusable: true},
		"304 with a length": {in: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", status: 304, reusable: true},
		"interim responses": {in: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n" +
			ok + "Content-Length: 1\r\n\r\nx",
			status: 200, bytes: 1, reusable: true},
		"another protocol": {in: "HTTP/1.1 101 Switching Protocols\r\n\r\n\x00\x01", status: 101, rest: 2},
		"close":            {in: ok + "Connection: foo, Close\r\nContent-Length: 1\r\n\r\nx", status: 200, bytes: 1},
		"HTTP/1.0":         {in: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", status: 200, bytes: 1},
		"HTTP/1.0 kept": {in: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
			status: 200, bytes: 1, reusable: true},
		"more than the response": {in: ok + "Content-Length: 1\r\n\r\nxHTTP/1.1",
			status: 200, bytes: 1, reusable: true, rest: 8},
	} {
		got := load.Parse{Head: c.head, Ends: c.ends, Want: contract.Want{Status: c.status}}.Pieces([]byte(c.in))
		want := load.Parsed{Status: c.status, Bytes: c.bytes, Done: true, Reusable: c.reusable, Read: len(c.in) - c.rest}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// broken holds malformed responses and their error classes.
var broken = map[string]struct{ in, class string }{
	"no status line":           {"hello\r\n\r\n", record.ErrMalformed},
	"an empty line":            {"\r\nHTTP/1.1 200 OK\r\n\r\n", record.ErrMalformed},
	"another protocol":         {"SSH-2.0-OpenSSH_9.2p1\r\n", record.ErrMalformed},
	"a version too high":       {"HTTP/2.0 200 OK\r\n\r\n", record.ErrMalformed},
	"a status of letters":      {"HTTP/1.1 2x0 OK\r\n\r\n", record.ErrMalformed},
	"a status of two digits":   {"HTTP/1.1 20 OK\r\n\r\n", record.ErrMalformed},
	"a status of four digits":  {"HTTP/1.1 2000 OK\r\n\r\n", record.ErrMalformed},
	"a status below 100":       {"HTTP/1.1 099 OK\r\n\r\n", record.ErrMalformed},
	"a line without a colon":   {"HTTP/1.1 200 OK\r\nhello\r\n\r\n", record.ErrMalformed},
	"a header without a name":  {"HTTP/1.1 200 OK\r\n: x\r\n\r\n", record.ErrMalformed},
	"a blank before the colon": {"HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nx", record.ErrMalformed},
	"a first line that folds":  {"HTTP/1.1 200 OK\r\n X: 1\r\n\r\nx", record.ErrMalformed},
	"two lengths": {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
		record.ErrMalformed},
	"a list of lengths":        {"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx", record.ErrMalformed},
	"a negative length":        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", record.ErrMalformed},
	"an empty length":          {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", record.ErrMalformed},
	"a length that overflows":  {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\nx", record.ErrMalformed},
	"a length above the limit": {"HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nx", record.ErrTooLarge},
	"another encoding":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", record.ErrMalformed},
	"chunked twice": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		record.ErrMalformed},
	"garbage for a chunk size":  {chunked + "xyz\r\n", record.ErrMalformed},
	"a negative chunk size":     {chunked + "-5\r\nhello", record.ErrMalformed},
	"no chunk size":             {chunked + ";x\r\n", record.ErrMalformed},
	"a chunk that overflows":    {chunked + "10000000000000000\r\n", record.ErrMalformed},
	"a chunk above the limit":   {chunked + "7fffffffffffffff\r\n", record.ErrTooLarge},
	"a chunk without an end":    {chunked + "2\r\nhello\r\n", record.ErrMalformed},
	"a header of 1 MB":          {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", record.ErrTooLarge},
	"endless interim responses": {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1<<16), record.ErrTooLarge},
	"an endless chunk line":     {chunked + "1;" + strings.Repeat("x", 1<<20), record.ErrTooLarge},
	"endless trailers":          {chunked + "0\r\n" + strings.Repeat("a: b\r\n", 1<<16), record.ErrTooLarge},
	"nothing":                   {"", record.ErrClosed},
	"cut in the status line":    {"HTTP/1.", record.ErrClosed},
	"cut in the head":           {"HTTP/1.1 200 OK\r\nContent-Len", record.ErrClosed},
	"cut after an interim":      {"HTTP/1.1 100 Continue\r\n\r\n", record.ErrClosed},
	"a body too short":          {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", record.ErrClosed},
	"cut in a chunk":            {chunked + "5\r\nhel", record.ErrClosed},
	"cut before the last chunk": {chunked + "5\r\nhello\r\n", record.ErrClosed},
}

func TestParserBroken(t *testing.T) {
	for name, c := range broken {
		if got := (load.Parse{Ends: true}).Pieces([]byte(c.in)); got.Class != c.class {
			t.Errorf("%s: class %q, want %q", name, got.Class, c.class)
		}
	}
}

func TestParserBodyLimit(t *testing.T) {
	for name, in := range map[string]string{
		"a length":      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n012345678",
		"a chunk":       chunked + "9\r\n012345678",
		"many chunks":   chunked + strings.Repeat("1\r\nx\r\n", 9),
		"until the end": "HTTP/1.1 200 OK\r\n\r\n012345678",
	} {
		if got := (load.Parse{MaxBody: 8}).Pieces([]byte(in)); got.Class != record.ErrTooLarge {
			t.Errorf("%s: a body of 9 bytes with a limit of 8 has class %q", name, got.Class)
		}
	}
}

func TestParserTiming(t *testing.T) {
	// The header has milliseconds, Timing nanoseconds.
	const longest = 1<<32 - 1
	check := func(headers string, want contract.Timing) {
		t.Helper()
		got := load.Parse{}.Pieces([]byte("HTTP/1.1 200 OK\r\n" + headers + "Content-Length: 0\r\n\r\n"))
		if got.Timing != want || got.Class != "" {
			t.Errorf("%q gave %v %q, want %v", headers, got.Timing, got.Class, want)
		}
	}
	check("Server-Timing: open;dur=1.234\r\n", contract.Timing{contract.PhaseOpen: 1_234_000})
	check("SERVER-TIMING:spawn;dur=0.25,start;dur=2, handle ; dur = 10.5\r\n",
		contract.Timing{contract.PhaseSpawn: 250_000, contract.PhaseStart: 2_000_000, contract.PhaseHandle: 10_500_000})
	check("Server-Timing: wait;dur=1\r\nServer-Timing: exit;dur=2\r\n",
		contract.Timing{contract.PhaseWait: 1_000_000, contract.PhaseExit: 2_000_000})
	check("Server-Timing: cache;desc=\"a, open;dur=9\";dur=3, transfer;desc=x;dur=.5\r\n",
		contract.Timing{contract.PhaseTransfer: 500_000})
	check("Server-Timing: open;desc=\"say \\\", wait;dur=1\";dur=\"7\"\r\n",
		contract.Timing{contract.PhaseOpen: 7_000_000})
	check("Server-Timing: open;dur=1;dur=5, open;dur=2\r\n", contract.Timing{contract.PhaseOpen: 3_000_000})
	check("Server-Timing: open;dur=0.0000019\r\n", contract.Timing{contract.PhaseOpen: 1})
	check("Server-Timing: open;dur=4294.967295, exit;dur=4294.967296, wait;dur=99999999999999999999\r\n",
		contract.Timing{contract.PhaseWait: longest, contract.PhaseOpen: longest, contract.PhaseExit: longest})
	check("Server-Timing: open;dur=-1, exit;dur=, wait;dur=1e3, spawn;dur=., start;dur=1.2.3, handle\r\n",
		contract.Timing{})
	check("Server-Timing: , ;;, =;dur=1\r\nServer-Timing:\r\n", contract.Timing{})
	got := load.Parse{Want: contract.Want{Status: 200}}.Pieces(
		[]byte("HTTP/1.1 103 Early Hints\r\nServer-Timing: open;dur=1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	if got.Timing != (contract.Timing{}) {
		t.Errorf("the timing of an interim response was used for the final response: %v", got.Timing)
	}
}

func TestParserVerdict(t *testing.T) {
	sum := sha256.Sum256([]byte("hello\n"))
	digest := hex.EncodeToString(sum[:])
	const in = "HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"3\r\nhel\r\n3\r\nlo\n\r\n0\r\n\r\n"
	check := func(want contract.Want, verdict string) {
		t.Helper()
		if got := (load.Parse{Want: want}).Pieces([]byte(in)); got.Verdict != verdict || got.Class != "" {
			t.Errorf("verdict with %+v: %q %q, want %q", want, got.Verdict, got.Class, verdict)
		}
	}
	check(contract.Want{}, "")
	check(contract.Want{Status: 201}, record.ErrWrongStatus)
	check(contract.Want{Headers: map[string]string{"x-A": "2"}}, "")
	check(contract.Want{Headers: map[string]string{"X-A": "3"}}, record.ErrWrongHeader)
	check(contract.Want{Headers: map[string]string{"X-B": ""}}, record.ErrWrongHeader)
	check(contract.Want{Body: "hello\n", BodySHA256: digest}, "")
	check(contract.Want{Body: "hallo\n"}, record.ErrWrongBody)
	check(contract.Want{Body: "hello"}, record.ErrWrongBody)
	check(contract.Want{Body: "hello\n\n"}, record.ErrWrongBody)
	check(contract.Want{BodySHA256: strings.ToUpper(digest)}, "")
	check(contract.Want{BodySHA256: strings.Repeat("0", 64)}, record.ErrWrongBody)
}

// FuzzParser checks that the result does not depend on how a response is cut into pieces. A response that both net/http
// and the parser accept must have the same result in both.
func FuzzParser(f *testing.F) {
	for _, c := range broken {
		if len(c.in) < 1<<10 { // mutations of longer inputs take too long
			f.Add([]byte(c.in), uint64(3), false)
		}
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer-Timing: open;dur=1\r\n\r\nhelloHTTP"), uint64(1), false)
	f.Add([]byte(chunked+"5;x\r\nhello\r\n0\r\nA: b\r\n\r\n"), uint64(2), false)
	f.Add([]byte("HTTP/1.0 200 OK\nConnection: keep-alive\n\nhello"), uint64(9), true)
	f.Fuzz(func(t *testing.T, in []byte, cuts uint64, head bool) {
		o := load.Parse{Head: head, Ends: true, MaxHead: 512, MaxBody: 64}
		whole, split := o.Pieces(in), o.Pieces(cut(in, cuts)...)
		if whole.Class != "" { // with larger pieces, a limit may be exceeded by more bytes
			whole, split = load.Parsed{Class: whole.Class}, load.Parsed{Class: split.Class}
		}
		if diff := cmp.Diff(whole, split); diff != "" {
			t.Errorf("result depends on the pieces (-whole +pieces):\n%s", diff)
		}
		if status, n, ok := readByHTTP(in, head); ok {
			got := load.Parse{Head: head, Ends: true}.Pieces(in)
			if got.Class == "" && (got.Status != status || got.Bytes != n) {
				t.Errorf("got %+v, want status %d and %d bytes as with net/http", got, status, n)
			}
		}
	})
}

// cut cuts b at the positions given by the bits of where, repeatedly.
func cut(b []byte, where uint64) (pieces [][]byte) {
	last := 0
	for i := range b {
		if where>>(i%64)&1 == 1 {
			pieces = append(pieces, b[last:i])
			last = i
		}
	}
	return append(pieces, b[last:])
}

// readByHTTP parses in with net/http. It reports false if that fails, or where net/http is known to be more lenient: it
// returns 1xx responses, unfolds lines, and accepts HTTP/2.0.
func readByHTTP(in []byte, head bool) (status int, n int64, ok bool) {
	method := http.MethodGet
	if head {
		method = http.MethodHead
	}
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(in)), &http.Request{Method: method})
	if err != nil || r.StatusCode < 200 || r.ProtoMajor != 1 {
		return 0, 0, false
	}
	n, err = io.Copy(io.Discard, r.Body)
	folded := bytes.Contains(in, []byte("\n ")) || bytes.Contains(in, []byte("\n\t"))
	return r.StatusCode, n, err == nil && !folded
}

// FuzzRoundTrip writes responses with net/http and reads them back.
func FuzzRoundTrip(f *testing.F) {
	f.Add(200, []byte("hello\n"), "text/plain", false, false, uint64(5))
	f.Add(404, []byte(""), "", true, true, uint64(0))
	f.Add(304, []byte("x"), "a, b", false, true, uint64(1))
	f.Fuzz(func(t *testing.T, status int, body []byte, value string, chunked, closes bool, cuts uint64) {
		if status < 200 || status > 999 {
			t.Skip()
		}
		r := http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"X-Value": {value}},
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Close: closes}
		if chunked {
			r.ContentLength, r.TransferEncoding = -1, []string{"chunked"}
		}
		var wire bytes.Buffer
		if err := r.Write(&wire); err != nil {
			t.Skip(err)
		}
		got := load.Parse{Ends: true}.Pieces(cut(wire.Bytes(), cuts)...)
		wantStatus, n, ok := readByHTTP(wire.Bytes(), false)
		if !ok {
			t.Skip("net/http cannot parse its own output")
		}
		if got.Class != "" || got.Status != wantStatus || got.Bytes != n || got.Reusable == closes {
			t.Errorf("%q was read as %+v, want status %d, %d bytes, reusable %t", wire.String(), got, wantStatus, n, !closes)
		}
	})
}
