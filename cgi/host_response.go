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

// heldBytes is how much of an answer is held back: until there is more, or a pause in it, the program can still fail,
// and its client be told so.
const heldBytes = 4 << 10

// hostResponse is what net/http/cgi takes for the client. It makes a child's response what it should be by RFC 3875, as
// far as the library has not lost what the child has written.
type hostResponse struct {
	to       http.ResponseWriter // the client's side
	exchange *exchange
	before   int    // headers that were there before the child's
	status   int    // 0 until there is a head
	own      bool   // the head may be of the library's own making, which then logs why
	held     []byte // of the body
	passed   bool   // the head has gone to the client
	unsent   bool   // something was passed on that may be held back elsewhere
	flushes  bool   // each piece goes to the client as it comes
	local    string // the path by whose answer this is to be answered
	declared int64  // the length that the head has, below 0 if it has none
	length   int64  // of the body so far
	given    int64  // how much of it the client was given

	head, last  int64                 // when the head came, and the last of the rest, by contract.Now; 0 if they did not
	timed       bool                  // somebody wants to know what the child's own Server-Timing says
	childTiming contract.ServerTiming // which is this
}

var _ io.ReaderFrom = (*hostResponse)(nil)

func (a *hostResponse) Header() http.Header { return a.to.Header() }

// WriteHeader is called by the library when it has the whole head, or when it gives up.
func (a *hostResponse) WriteHeader(status int) {
	header := a.Header()
	a.head = contract.Now()
	a.last = a.head
	a.exchange.lastWrite.Store(a.head)
	if status == http.StatusInternalServerError && len(header) == a.before {
		a.status, a.own = status, true
		return
	}
	a.exchange.pid() // for when it has ended
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

// hopByHop are headers that are for two neighbours, of whom a child is none (RFC 9110, section 7.6.1).
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// correct makes of a head what it should be, or says what is wrong with it. A status under another spelling of its name
// is no status to the library.
func (a *hostResponse) correct(header http.Header) (why string) {
	if values := header["Status"]; len(values) > 0 {
		header.Del("Status")
		code, _, _ := strings.Cut(values[len(values)-1], " ")
		n, ok := parseDigits(code)
		if !ok {
			return "its status is " + strconv.Quote(values[len(values)-1])
		}
		a.status = int(n)
	}
	if a.status < 200 || a.status > 599 {
		return "its status is " + strconv.Itoa(a.status)
	}
	for name, values := range header {
		for _, v := range values {
			if !printable(v) {
				return "its header " + name + " has the value " + strconv.Quote(v)
			}
		}
	}
	for _, name := range hopByHop {
		header.Del(name)
	}
	if values := header["Content-Length"]; len(values) > 0 {
		n, ok := parseDigits(values[0])
		if !ok || len(values) > 1 {
			return "its Content-Length is " + strings.Join(values, ", ")
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
		header["Content-Type"] = nil // the child means none, and net/http would guess one
	}
	return ""
}

// parseDigits parses a number as HTTP has it, without a sign (RFC 9110, section 8.6): what neighbours make of +3
// differs.
func parseDigits(text string) (n int64, ok bool) {
	if strings.ContainsFunc(text, func(c rune) bool { return c < '0' || c > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// printable reports whether a value may stand in a header.
func printable(value string) bool {
	return !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

var errAborted = errors.New("the answer is not taken any further")

func (a *hostResponse) Write(p []byte) (int, error) {
	a.last = contract.Now()
	a.exchange.lastWrite.Store(a.last)
	if a.exchange.firstFault() != nil {
		return 0, errAborted
	}
	if a.local != "" || contract.Bodiless(a.status) { // of which the client sees nothing
		return len(p), nil
	}
	if most := a.exchange.host.limits.Response; most > 0 && a.length+int64(len(p)) > most {
		a.exchange.abort(http.StatusBadGateway, "its answer is longer than "+strconv.FormatInt(most, 10)+" bytes")
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

// pass gives the client the head, and what was held back.
func (a *hostResponse) pass() {
	if a.passed {
		return
	}
	a.passed = true
	a.to.WriteHeader(a.status)
	if len(a.held) > 0 {
		_ = a.write(a.held) // if the client does not take it, it will not take the rest, either
		a.held = nil
	}
}

// write gives the client no more than the head has declared, or the client would take the rest for another answer.
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
	_ = http.NewResponseController(a.to).Flush() // if it cannot, the answer comes later
}

var copies = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// ReadFrom is called by the library, by way of io.Copy, for what comes after the head. It returns when the child has
// ended, which the library then waits for: how it has ended, only this tells.
func (a *hostResponse) ReadFrom(r io.Reader) (n int64, err error) {
	a.exchange.hasHead.Store(true)
	pipe, timely := r.(deadliner)
	if !timely {
		return io.Copy(struct{ io.Writer }{a}, r)
	}
	buffer := copies.Get().(*[32 << 10]byte)
	defer copies.Put(buffer)
	a.exchange.nudgeable(pipe)
	defer a.exchange.nudgeable(nil)
	ended := false
	for {
		m, err := r.Read(buffer[:])
		n += int64(m)
		if m > 0 {
			ended = false
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
		case ended:
			a.exchange.host.log(a.exchange.request, "what the program has left behind keeps its answer open; it ends here")
			a.awaitExit()
			return n, nil
		default:
			if err := pipe.SetReadDeadline(time.Time{}); err != nil {
				return n, err
			}
			ended = a.exchange.hasEnded()
			if a.flushOnPause() {
				a.flush()
			}
		}
	}
}

// flushOnPause reports whether something is to go to the client as soon as the child pauses.
func (a *hostResponse) flushOnPause() bool {
	return a.exchange.host.Streams && a.local == "" && (!a.passed || a.unsent)
}

// Ways in which a program ends.
const (
	endedWell = "ended well"
	killedBy  = "was killed"
)

// awaitExit waits for the child's end.
func (a *hostResponse) awaitExit() {
	switch how := a.exchange.ended(); {
	case how == "" || how == endedWell:
	case strings.HasPrefix(how, killedBy):
		a.exchange.setFault(http.StatusBadGateway, "the program "+how)
	default:
		a.exchange.host.log(a.exchange.request, "the program "+how)
	}
}

// fault returns what is wrong with a response that has no fault yet.
func (a *hostResponse) fault() (status int, why string) {
	switch {
	case a.status == 0: // the library logs why; if it does not, this is its way to say that it cannot understand
		return http.StatusBadGateway, "its answer has no head"
	case a.passed && a.declared > a.length && a.exchange.request.Method != http.MethodHead && !contract.Bodiless(a.status):
		return http.StatusBadGateway, "its answer is shorter than its Content-Length: " + strconv.FormatInt(a.length, 10) +
			" bytes in place of " + strconv.FormatInt(a.declared, 10)
	}
	return 0, ""
}

// end passes on what is left, or returns the request by whose answer this one is to be answered.
func (a *hostResponse) end() (next *http.Request) {
	if a.local != "" {
		return redirected(a.exchange.request, a.local)
	}
	if a.own { // it is the child's after all, and has nothing but a status
		a.Header()["Content-Type"] = nil
	}
	if a.declared >= 0 && a.declared != a.length {
		if a.passed {
			a.exchange.host.log(a.exchange.request, "its answer is longer than its Content-Length, and was cut off there")
		} else if a.exchange.request.Method != http.MethodHead && !contract.Bodiless(a.status) {
			a.declared = a.length
			a.Header().Set("Content-Length", strconv.FormatInt(a.length, 10))
		}
	}
	a.pass()
	return nil
}
