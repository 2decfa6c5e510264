package cgi

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"forktax/cgi/child"
	"forktax/cgi/header"
	"forktax/workload/contract"
)

// heldBytes is the number of bytes of a response that are held back. Until the response is longer, or the child pauses,
// the program can still fail and the client get an error status.
const heldBytes = 4 << 10

// A response is a child's response as it is passed to the client.
type response struct {
	to       http.ResponseWriter // response to the client
	exchange *exchange
	head     *header.Head // nil until it is complete
	held     []byte       // beginning of the body that is held back
	passed   bool         // the header was sent to the client
	bounded  bool         // sending has a deadline
	unsent   bool         // data was written that the server may have buffered
	flushes  bool         // all data is sent as soon as it arrives
	local    string       // path of a local redirect
	declared int64        // Content-Length of the child; negative if there is none
	length   int64        // bytes of the body so far
	given    int64        // bytes of the body that were written to the client
	chunked  bool         // the body is encoded in chunks
	timed    bool         // the phases of the request are wanted
	stamps   responseStamps
}

// responseStamps are timestamps of a response, by contract.Now; 0 for what did not happen.
type responseStamps struct {
	head, last int64                 // when the header and the last part of the body arrived
	own        contract.ServerTiming // phases in the child's own Server-Timing header, if they are wanted
}

// takeTiming reads the phases in the child's own Server-Timing header.
func (s *responseStamps) takeTiming(header http.Header) {
	for _, value := range header["Server-Timing"] {
		s.own.AddHeader([]byte(value))
	}
}

func (a *response) header() http.Header { return a.to.Header() }

// Most responses are short and most children are waited for, so a child begins with a small buffer.
var (
	buffers      = sync.Pool{New: func() any { return new([4 << 10]byte) }}
	largeBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}
)

// receive reads the child's response to its end and passes it on.
func (e *exchange) receive(s script) {
	defer e.closeOutput()
	begin := buffers.Get().(*[4 << 10]byte)
	defer buffers.Put(begin)
	buffer := begin[:]
	from := outputReader{e}
	text, body, err := header.Read(from, buffer, e.host.limits.ResponseHeader)
	e.response.stamps.head = contract.Now()
	if err == nil {
		err = e.response.begin(text, strings.HasPrefix(filepath.Base(s.path), "nph-"))
	}
	if err != nil {
		e.fail(err)
		return
	}
	var rest io.Reader = from
	if e.response.chunked {
		rest = httputil.NewChunkedReader(io.MultiReader(strings.NewReader(string(body)), from))
	} else if err = e.response.write(body); err != nil {
		return
	}
	for err == nil {
		var n int
		n, err = rest.Read(buffer)
		if n > 0 {
			if err := e.response.write(buffer[:n]); err != nil {
				return
			}
		}
		if n == len(begin) && len(buffer) == n {
			large := largeBuffers.Get().(*[32 << 10]byte)
			defer largeBuffers.Put(large)
			buffer = large[:]
		}
	}
	switch {
	case err != io.EOF:
		e.abort(http.StatusBadGateway, "reading the response: "+err.Error())
	case e.response.chunked: // trailers and the end, which the child may write later
		_, _ = io.Copy(io.Discard, io.LimitReader(from, int64(len(buffer))))
	}
}

// fail records that the header of the response is invalid. It terminates the child unless that ends at once.
func (e *exchange) fail(why error) {
	if why == header.ErrNone || why == header.ErrPart {
		for range exitTries {
			if e.child.Reap() {
				e.setFault(http.StatusBadGateway, why.Error()) // end adds how the child ended
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	e.abort(http.StatusBadGateway, why.Error())
}

// exitTries is the number of checks, one each millisecond, whether a child that has closed its output has ended.
const exitTries = 20

func (e *exchange) closeOutput() {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.output.Close() // a child that goes on writing gets SIGPIPE
	e.output = nil
}

// An outputReader reads the output of a child. Whenever the child pauses, it sends what was held back.
type outputReader struct{ *exchange }

func (e outputReader) Read(p []byte) (int, error) {
	for {
		n, err := e.output.Read(p)
		if n > 0 {
			e.response.stamps.last = contract.Now()
			if e.response.head != nil { // until then, the limit is that of the time until the header is complete
				e.lastActive.Store(e.host.running.clock.Load())
			}
		}
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		e.mu.Lock()
		left := e.left
		_ = e.output.SetReadDeadline(time.Time{})
		e.mu.Unlock()
		if left && e.response.head == nil {
			return 0, errLeft
		}
		if left {
			e.host.log(e.request, "the response ends here: "+errLeft.Error())
			return 0, io.EOF
		}
		e.response.pause()
	}
}

var errLeft = errors.New("the program has exited, but a process that it left behind keeps its response open")

// begin takes the header of the response. A program whose name begins with nph- writes the whole HTTP response.
func (a *response) begin(text []byte, whole bool) error {
	head, err := header.Parse(text)
	if err != nil {
		return err
	}
	if whole && !head.HTTP {
		return errors.New("the response does not begin with an HTTP status line, as that of a program named nph-… must")
	}
	a.flushes = child.TakeFlush(head.Fields) || whole
	a.chunked = head.HTTP && strings.EqualFold(head.Fields.Get("Transfer-Encoding"), "chunked")
	if a.timed {
		a.stamps.takeTiming(head.Fields)
	}
	if a.local, a.declared, err = head.Correct(); err != nil {
		return err
	}
	a.head = &head
	if a.flushes && a.local == "" {
		a.flush()
	}
	return nil
}

var errAborted = errors.New("response aborted")

// write takes a part of the body.
func (a *response) write(p []byte) error {
	if a.exchange.firstFault() != nil {
		return errAborted
	}
	if a.local != "" || contract.Bodiless(a.head.Status) || len(p) == 0 { // this body is not sent to the client
		return nil
	}
	if most := a.exchange.host.limits.Response; most > 0 && a.length+int64(len(p)) > most {
		a.exchange.abort(http.StatusBadGateway, "response body exceeds the limit of "+strconv.FormatInt(most, 10)+" bytes")
		return errAborted
	}
	a.length += int64(len(p))
	if !a.passed && !a.flushes && len(a.held)+len(p) <= heldBytes {
		a.held = append(a.held, p...)
		return nil
	}
	a.pass()
	err := a.give(p)
	if err != nil {
		a.exchange.abort(0, "sending the response: "+err.Error())
	} else if a.flushes {
		a.flush()
	}
	return err
}

// pass sends the header and the data that was held back to the client.
func (a *response) pass() {
	if a.passed {
		return
	}
	a.passed = true
	a.bound()
	maps.Copy(a.header(), a.head.Fields)
	a.to.WriteHeader(a.head.Status)
	if len(a.held) > 0 {
		_ = a.give(a.held) // if this fails, the next write fails, too
		a.held = nil
	}
}

// bound sets a deadline for a client that reads slowly, as the child waits for it: that of the limit for the child, and
// the time in which a child that exceeds it is ended.
func (a *response) bound() {
	if total := a.exchange.host.limits.Total; total > 0 {
		a.bounded = true
		lived := time.Duration(a.exchange.host.running.clock.Load() - a.exchange.born)
		_ = http.NewResponseController(a.to).SetWriteDeadline(time.Now().Add(total - lived + grace))
	}
}

// unbound removes the deadline: the connection may serve another request.
func (a *response) unbound() {
	if a.bounded {
		_ = http.NewResponseController(a.to).SetWriteDeadline(time.Time{})
	}
}

// complete sends a response whose child has closed its output but runs on.
func (a *response) complete() {
	if a.local != "" {
		return
	}
	if !a.passed && !a.bodiless() {
		a.declared = a.length
		a.head.Fields.Set("Content-Length", strconv.FormatInt(a.length, 10))
	}
	a.flush()
}

// give writes to the client, but no more than Content-Length: the client would take the rest for another response.
func (a *response) give(p []byte) error {
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

func (a *response) flush() {
	a.pass()
	a.unsent = false
	_ = http.NewResponseController(a.to).Flush() // if unsupported, the data is sent later
}

// pause is called when the child has not written for a while. It sends what was held back if the host is to do so.
func (a *response) pause() {
	if a.exchange.host.Streams && a.head != nil && a.local == "" && (!a.passed || a.unsent) {
		a.flush()
	}
}

// fault returns what is wrong with a complete response that has no fault yet.
func (a *response) fault() (why string) {
	if a.passed && a.declared > a.length && !a.bodiless() {
		return "the response body is shorter than its Content-Length: " + strconv.FormatInt(a.length, 10) + " of " +
			strconv.FormatInt(a.declared, 10) + " bytes"
	}
	return ""
}

// bodiless reports whether the client gets no body.
func (a *response) bodiless() bool {
	return a.exchange.request.Method == http.MethodHead || contract.Bodiless(a.head.Status)
}

// end sends the rest of the response. If the response is a local redirect, it returns the request to serve next.
func (a *response) end() (next *http.Request) {
	if a.local != "" {
		return redirected(a.exchange.request, a.local)
	}
	if a.declared >= 0 && a.declared != a.length && !a.bodiless() {
		if a.passed {
			a.exchange.host.log(a.exchange.request, "the response body is longer than its Content-Length and was truncated")
		} else {
			a.declared = a.length
			a.head.Fields.Set("Content-Length", strconv.FormatInt(a.length, 10))
		}
	}
	a.pass()
	return nil
}
