package persistent_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"forktax/persistent"
)

// patience is the timeout of waits for events that are certain to happen.
const patience = 30 * time.Second

// overTCP serves h on the loopback interface. Calling end shuts the server down, with a drain of 10 ms.
func overTCP(t *testing.T, h http.Handler) (addr string, end func()) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s := persistent.Server{Handler: h, Drain: 10 * time.Millisecond, Logger: log.New(io.Discard, "", 0)}
		_ = s.Serve(ctx, ln) // returns an error if requests were aborted
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return ln.Addr().String(), cancel
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// part is the beginning of a response, longer than the buffer of net/http.
var part = strings.Repeat("x", 10_000)

// An incomplete response does not look complete to any client, also if the client takes the end of the connection for
// the end of the response.
func TestCutResponse(t *testing.T) {
	begun := make(chan struct{}, 1)
	mux := http.NewServeMux()
	begin := func(w http.ResponseWriter) {
		io.WriteString(w, part)
		http.NewResponseController(w).Flush()
	}
	mux.HandleFunc("/whole", func(w http.ResponseWriter, _ *http.Request) { begin(w) })
	mux.HandleFunc("/aborted", func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/panics", func(w http.ResponseWriter, _ *http.Request) {
		begin(w)
		panic("a fault")
	})
	mux.HandleFunc("/length", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "20000")
		begin(w)
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/hangs", func(w http.ResponseWriter, r *http.Request) {
		begin(w)
		begun <- struct{}{}
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
	const (
		close11 = "HTTP/1.1\r\nHost: x\r\nConnection: close"
		old     = "HTTP/1.0"
		oldKept = "HTTP/1.0\r\nConnection: keep-alive"
	)
	for name, test := range map[string]struct {
		path, version string
		want          error // error of reading the response
		ends          bool  // the server is shut down before the response is complete
	}{
		"complete, HTTP/1.0":         {"/whole", old, nil, false},
		"complete, HTTP/1.0, kept":   {"/whole", oldKept, nil, false},
		"complete, HTTP/1.1":         {"/whole", close11, nil, false},
		"aborted, HTTP/1.0":          {"/aborted", old, syscall.ECONNRESET, false},
		"aborted, HTTP/1.0, kept":    {"/aborted", oldKept, syscall.ECONNRESET, false},
		"aborted, HTTP/1.1":          {"/aborted", close11, io.ErrUnexpectedEOF, false},
		"panics, HTTP/1.0":           {"/panics", old, syscall.ECONNRESET, false},
		"with a length, HTTP/1.0":    {"/length", old, syscall.ECONNRESET, false},
		"with a length, HTTP/1.1":    {"/length", close11, io.ErrUnexpectedEOF, false},
		"server shut down, HTTP/1.0": {"/hangs", old, syscall.ECONNRESET, true},
		"server shut down, HTTP/1.1": {"/hangs", close11, io.ErrUnexpectedEOF, true},
	} {
		t.Run(name, func(t *testing.T) {
			addr, end := overTCP(t, mux)
			c := dial(t, addr)
			io.WriteString(c, "GET "+test.path+" "+test.version+"\r\n\r\n")
			if test.ends {
				<-begun
				end()
			}
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				if test.want == nil || !errors.Is(err, syscall.ECONNRESET) {
					t.Fatalf("reading the header: %v", err)
				}
				return // the reset discarded the data received before
			}
			body, err := io.ReadAll(resp.Body)
			if !errors.Is(err, test.want) || err == nil && string(body) != part {
				t.Errorf("response of %d bytes, error %v; want %v", len(body), err, test.want)
			}
		})
	}
}

// After a request whose end is ambiguous, the connection is closed and the next request on it gets no response (RFC
// 9112, section 6.1). After other requests the connection is kept.
func TestRequestInDoubt(t *testing.T) {
	const kept10 = "HTTP/1.0\r\nConnection: keep-alive\r\n"
	const coded, sized, chunks = "Transfer-Encoding: chunked\r\n", "Content-Length: 10\r\n", "\r\n5\r\nhello\r\n0\r\n\r\n"
	post := func(headers ...string) string {
		return "POST / HTTP/1.1\r\nHost: x\r\n" + strings.Join(headers, "")
	}
	for name, test := range map[string]struct {
		request string
		kept    bool
	}{
		"both":                  {post(coded, sized, chunks), false},
		"both, reversed":        {post(sized, coded, chunks), false},
		"mixed case":            {post("tRANSFER-eNCODING:chunked\r\n", "CONTENT-LENGTH:10\r\n", chunks), false},
		"other headers between": {post(coded, "X-Long: "+strings.Repeat("x", 10_000)+"\r\n", sized, chunks), false},
		"bare line feeds": {"POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\nContent-Length: 10\n" + chunks,
			false},
		"OPTIONS *, both":           {strings.Replace(post(coded, sized, chunks), "POST /", "OPTIONS *", 1), false},
		"handler clears the header": {strings.Replace(post(coded, sized, chunks), "POST /", "POST /clears", 1), false},
		"HTTP/1.0":                  {"POST / " + kept10 + coded + "Content-Length: 5\r\n\r\nhello", false},
		"chunked":                   {post(coded, chunks), true},
		"Content-Length":            {post("Content-Length: 5\r\n\r\nhello"), true},
		"one after the other":       {post(coded, chunks) + post("Content-Length: 5\r\n\r\nhello"), true},
		"HTTP/1.0, Content-Length":  {"POST / " + kept10 + "Content-Length: 5\r\n\r\nhello", true},
		"similar names": {post("X-Transfer-Encoding: chunked\r\n", "Content-Length-X: 10\r\n", coded, chunks),
			true},
		"OPTIONS *": {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", true},
	} {
		for _, pieces := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				addr, _ := overTCP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					text, _ := io.ReadAll(r.Body)
					if r.URL.Path == "/clears" {
						clear(w.Header())
					}
					w.Header().Set("Content-Length", "5")
					w.Write(text[:min(len(text), 5)])
				}))
				c := dial(t, addr)
				const last = "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
				var request io.Reader = strings.NewReader(test.request + last)
				if pieces {
					request = iotest.OneByteReader(request)
				}
				go io.Copy(struct{ io.Writer }{c}, request) // fails if the server closes the connection
				text, _ := io.ReadAll(c)                    // an unread request resets the connection
				got := strings.Count(string(text), "HTTP/1.")
				want := strings.Count(test.request, "HTTP/1.")
				if test.kept {
					want++
				} else if !strings.Contains(string(text), "Connection: close\r\n") {
					t.Errorf("%q lacks Connection: close", text)
				}
				if got != want {
					t.Errorf("%d responses, want %d: %q", got, want, text)
				}
			})
		}
	}
}
