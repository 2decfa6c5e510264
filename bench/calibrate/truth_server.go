package calibrate

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"forktax/workload/contract"
)

// A Stamp records how the ground-truth server served one request. Times are nanoseconds of contract.Now.
type Stamp struct {
	Arrived  int64 `json:"a"` // the server received the first byte of the request
	Answered int64 `json:"d"` // just before the server wrote the last byte of the response; 0 if it did not
	Failed   bool  `json:"f,omitempty"`
}

// Took returns the service time as seen by the server.
func (s Stamp) Took() time.Duration { return time.Duration(s.Answered - s.Arrived) }

// A truthServer serves each request for the time that the request specifies, and records stamps. It writes responses
// itself, without net/http, so that there is only one system call between a stamp and the wire.
//
// The time at which a response is due is known when the request arrives, and the connection's goroutine waits for that
// time only. So a wait that ends late, as all do by some microseconds, does not delay other requests.
type truthServer struct {
	mu     sync.Mutex
	stamps []Stamp
	free   int64 // serial: when the server will have served all requests so far
	pause  struct{ from, until int64 }
}

// serve runs the ground-truth server. It prints "ready <url> <control url>" and serves until ctx or in ends.
func serve(ctx context.Context, _ []string, in io.Reader, stdout io.Writer) error {
	ctx = untilClosed(ctx, in)
	useRealTime()
	requests, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer requests.Close()
	controls, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	t := &truthServer{}
	control := &http.Server{Handler: http.HandlerFunc(t.restart)}
	defer control.Close()
	go control.Serve(controls)
	go t.accept(requests)
	if _, err := fmt.Fprintf(stdout, "ready http://%s http://%s\n", requests.Addr(), controls.Addr()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (t *truthServer) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go t.serveConn(c)
	}
}

// A standstill is a time in which the server does nothing. The zero value means none.
type standstill struct{ After, Length time.Duration }

// restart handles control requests of the lab. It returns the stamps since the last call, discards them, and schedules
// the standstill in the request body.
func (t *truthServer) restart(w http.ResponseWriter, r *http.Request) {
	var s standstill
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	json.NewEncoder(w).Encode(t.stamps)
	t.stamps, t.free = t.stamps[:0], 0
	t.pause.from = contract.Now() + int64(s.After)
	t.pause.until = t.pause.from + int64(s.Length)
}

// serveConn serves the requests of one connection.
func (t *truthServer) serveConn(c net.Conn) {
	defer c.Close()
	wake, err := newWakeTimer()
	if err != nil {
		return
	}
	defer wake.close()
	r := bufio.NewReader(c)
	var query string
	var a ServiceSpec
	for {
		if _, err := r.Peek(1); err != nil {
			return
		}
		arrived := contract.Now()
		q, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if query != q.URL.RawQuery {
			if a, err = parseServiceSpec(q.URL.RawQuery); err != nil {
				fmt.Fprintf(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
				return
			}
			query = q.URL.RawQuery
		}
		if !t.respond(c, wake, a, arrived) {
			return
		}
	}
}

// Responses of the server. It keeps connections open until the client closes them.
const (
	truthBody = "done\n"
	truthHead = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
	truthFail = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
)

// respond serves one request and reports whether the connection can be reused.
func (t *truthServer) respond(c net.Conn, wake *wakeTimer, a ServiceSpec, arrived int64) bool {
	i, begin, due := t.admit(a, arrived)
	if a.fails(i) {
		t.answered(i, true)
		_, err := io.WriteString(c, truthFail)
		return err == nil
	}
	rest := truthHead + truthBody
	if a.Halves {
		if _, err := io.WriteString(c, truthHead); err != nil {
			return false
		}
		rest = truthBody
	}
	if !a.Spin {
		begin = due
	}
	wake.until(begin)
	for contract.Now() < due {
	}
	t.answered(i, false)
	_, err := io.WriteString(c, rest)
	return err == nil
}

// admit returns the number of a request, when its service begins, and when its response is due.
func (t *truthServer) admit(a ServiceSpec, arrived int64) (i int, begin, due int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i = len(t.stamps)
	t.stamps = append(t.stamps, Stamp{Arrived: arrived})
	if a.fails(i) {
		return i, arrived, arrived
	}
	begin = arrived
	if a.Serial {
		begin = max(arrived, t.free)
	}
	if t.isPaused(begin) {
		begin = t.pause.until
	}
	due = begin + int64(a.duration(i))
	if !a.Serial && t.isPaused(due) {
		due = t.pause.until
	}
	if a.Serial {
		t.free = due
	}
	return i, begin, due
}

func (t *truthServer) isPaused(at int64) bool { return t.pause.from <= at && at < t.pause.until }

func (t *truthServer) answered(i int, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i < len(t.stamps) { // else the stamps were discarded in the meantime
		t.stamps[i].Answered, t.stamps[i].Failed = contract.Now(), failed
	}
}
