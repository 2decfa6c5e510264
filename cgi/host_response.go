package cgi

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"forktax/workload/contract"
)

// heldBytes is the number of bytes of a response that are held back. Until the response is longer, or the child pauses,
// the program can still fail and the client get an error status.
const heldBytes = 4 << 10

// hostResponse is the ResponseWriter that the host passes to net/http/cgi. It corrects the child's response according
// to RFC 3875, as far as the library passes on what the child has written.
type hostResponse struct {
	to       http.ResponseWriter // response to the client
	exchange *exchange
	before   int    // number of header fields before the child's were added
	status   int    // 0 until there is a header
	own      bool   // the header may be the library's error response; the library then logs the reason
	held     []byte // beginning of the body that is held back
	passed   bool   // the header was sent to the client
	unsent   bool   // data was written that the server may have buffered
	flushes  bool   // all data is sent as soon as it arrives
	local    string // path of a local redirect
	declared int64  // Content-Length of the child; negative if there is none
	length   int64  // bytes of the body so far
	given    int64  // bytes of the body that were written to the client

	head, last  int64                 // when the header and the last part of the body arrived, by contract.Now; 0 if never
	timed       bool                  // the phases of the request are wanted
	childTiming contract.ServerTiming // phases in the child's own Server-Timing header, if timed
}

var _ io.ReaderFrom = (*hostResponse)(nil)

func (a *hostResponse) Header() http.Header { return a.to.Header() }

// WriteHeader is called by the library when it has the complete header, or when it gives up.
func (a *hostResponse) WriteHeader(status int) {
	header := a.Header()
	a.head = contract.Now()
	a.last = a.head
	a.exchange.lastWrite.Store(a.head)
	if status == http.StatusInternalServerError && len(header) == a.before {
		a.status, a.own = status, true
		return
	}
	a.exchange.pid() // find the PID while the child is running
	a.exchange.hasHead.Store(true)
	a.status = status
	a.flushes = takeFlush(header)
	if a.timed {
		for _, value := range header["Server-Timing"] {
			a.childTiming.AddHeader([]byte(value))
		}
	}
	if why := a.correct(header); why != "" {
		a.exchange.abort(http.StatusBadGateway, why)
		return
	}
	if a.flushes {
		a.flush()
	}
}

// hopByHop are header fields for a single connection, which a child must not set (RFC 9110, section 7.6.1).
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// correct corrects the header of a response, or returns what is wrong with it. It handles Status, because the library
// recognizes only one spelling of that name.
func (a *hostResponse) correct(header http.Header) (why string) {
	if values := header["Status"]; len(values) > 0 {
		header.Del("Status")
		code, _, _ := strings.Cut(values[len(values)-1], " ")
		n, ok := parseDigits(code)
		if !ok {
			return "invalid response status " + strconv.Quote(values[len(values)-1])
		}
		a.status = int(n)
	}
	if a.status < 200 || a.status > 599 {
		return "invalid response status " + strconv.Itoa(a.status)
	}
	for name, values := range header {
		for _, v := range values {
			if !printable(v) {
				return "invalid value of response header " + name + ": " + strconv.Quote(v)
			}
		}
	}
	for _, name := range hopByHop {
		header.Del(name)
	}
	if values := header["Content-Length"]; len(values) > 0 {
		n, ok := parseDigits(values[0])
		if !ok || len(values) > 1 {
			return "invalid Content-Length of the response: " + strings.Join(values, ", ")
		}
		a.declared = n
	}
	if to := header.Get("Location"); a.status == http.StatusFound && strings.HasPrefix(to, "/") &&
		!strings.HasPrefix(to, "//") && len(header) == a.before+1 {
		a.local = to
		header.Del("Location")
		return ""
	}
	if _, ok := header["Content-Type"]; !ok {
		header["Content-Type"] = nil // otherwise net/http would detect a type that the child has not set
	}
	return ""
}

// parseDigits parses a number of HTTP, which has no sign (RFC 9110, section 8.6). Recipients differ in reading +3.
func parseDigits(text string) (n int64, ok bool) {
	if strings.ContainsFunc(text, func(c rune) bool { return c < '0' || c > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// printable reports whether value is valid in a header.
func printable(value string) bool {
	return !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

var errAborted = errors.New("response aborted")

func (a *hostResponse) Write(p []byte) (int, error) {
	a.last = contract.Now()
	a.exchange.lastWrite.Store(a.last)
	if a.exchange.firstFault() != nil {
		return 0, errAborted
	}
	if a.local != "" || contract.Bodiless(a.status) { // this body is not sent to the client
		return len(p), nil
	}
	if most := a.exchange.host.limits.Response; most > 0 && a.length+int64(len(p)) > most {
		a.exchange.abort(http.StatusBadGateway, "response body exceeds the limit of "+strconv.FormatInt(most, 10)+" bytes")
		return 0, errAborted
	}
	a.length += int64(len(p))
	if !a.passed && !a.flushes && len(a.held)+len(p) <= heldBytes {
		a.held = append(a.held, p...)
		return len(p), nil
	}
	a.pass()
	if err := a.write(p); err != nil {
		return 0, err
	}
	if a.flushes {
		a.flush()
	}
	return len(p), nil
}

// pass sends the header and the data that was held back to the client.
func (a *hostResponse) pass() {
	if a.passed {
		return
	}
	a.passed = true
	a.to.WriteHeader(a.status)
	if len(a.held) > 0 {
		_ = a.write(a.held) // if this fails, the next write fails, too
		a.held = nil
	}
}

// write writes to the client, but no more than Content-Length: the client would take the rest for another response.
func (a *hostResponse) write(p []byte) error {
	if a.declared >= 0 {
		p = p[:min(int64(len(p)), a.declared-a.given)]
	}
	if len(p) == 0 {
		return nil
	}
	a.unsent = true
	n, err := a.to.Write(p)
	a.given += int64(n)
	return err
}

func (a *hostResponse) flush() {
	a.pass()
	a.unsent = false
	_ = http.NewResponseController(a.to).Flush() // if unsupported, the data is sent later
}

var copies = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// ReadFrom is called by the library, through io.Copy, for the body. It returns when the child has exited, and records
// how: the library then waits for the child, but does not report its exit status.
func (a *hostResponse) ReadFrom(r io.Reader) (n int64, err error) {
	a.exchange.hasHead.Store(true)
	pipe, timely := r.(deadliner)
	if !timely {
		return io.Copy(struct{ io.Writer }{a}, r)
	}
	buffer := copies.Get().(*[32 << 10]byte)
	defer copies.Put(buffer)
	a.exchange.setReading(pipe)
	defer a.exchange.setReading(nil)
	exited := false
	for {
		m, err := r.Read(buffer[:])
		n += int64(m)
		if m > 0 {
			exited = false
			if _, err := a.Write(buffer[:m]); err != nil {
				return n, err
			}
		}
		switch {
		case err == io.EOF:
			a.awaitExit()
			return n, nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			if err != nil {
				return n, err
			}
		case exited:
			a.exchange.host.log(a.exchange.request,
				"the response ends here: the program has exited, but a process that it left behind keeps the response open")
			a.awaitExit()
			return n, nil
		default:
			if err := pipe.SetReadDeadline(time.Time{}); err != nil {
				return n, err
			}
			exited = a.exchange.hasExited()
			if a.flushOnPause() {
				a.flush()
			}
		}
	}
}

// flushOnPause reports whether there is data to send to the client when the child pauses.
func (a *hostResponse) flushOnPause() bool {
	return a.exchange.host.Streams && a.local == "" && (!a.passed || a.unsent)
}

// Results of exchange.exitText; killedBy is a prefix.
const (
	exitedOK = "ended with status 0"
	killedBy = "was killed"
)

// awaitExit waits until the child has exited, and logs or records how, unless it exited with status 0.
func (a *hostResponse) awaitExit() {
	switch how := a.exchange.waitExit(); {
	case how == "" || how == exitedOK:
	case strings.HasPrefix(how, killedBy):
		a.exchange.setFault(http.StatusBadGateway, "the program "+how)
	default:
		a.exchange.host.log(a.exchange.request, "the program "+how)
	}
}

// fault returns what is wrong with a response that has no fault yet.
func (a *hostResponse) fault() (status int, why string) {
	switch {
	case a.status == 0: // the library usually logs the reason; without one, it could not parse the header
		return http.StatusBadGateway, "the response has no header"
	case a.passed && a.declared > a.length && a.exchange.request.Method != http.MethodHead && !contract.Bodiless(a.status):
		return http.StatusBadGateway, "the response body is shorter than its Content-Length: " +
			strconv.FormatInt(a.length, 10) + " of " + strconv.FormatInt(a.declared, 10) + " bytes"
	}
	return 0, ""
}

// end sends the rest of the response. If the response is a local redirect, it returns the request to serve next.
func (a *hostResponse) end() (next *http.Request) {
	if a.local != "" {
		return redirected(a.exchange.request, a.local)
	}
	if a.own { // the library logged no error, so this header, a status alone, is the child's
		a.Header()["Content-Type"] = nil
	}
	if a.declared >= 0 && a.declared != a.length {
		if a.passed {
			a.exchange.host.log(a.exchange.request, "the response body is longer than its Content-Length and was truncated")
		} else if a.exchange.request.Method != http.MethodHead && !contract.Bodiless(a.status) {
			a.declared = a.length
			a.Header().Set("Content-Length", strconv.FormatInt(a.length, 10))
		}
	}
	a.pass()
	return nil
}
