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

// A Stamp is what the ground-truth server did for one request, by the clock of contract.Now.
type Stamp struct {
	Arrived  int64 `json:"a"` // the first byte of the request was there
	Answered int64 `json:"d"` // the last byte of the answer was about to be written; 0 if it was not
	Failed   bool  `json:"f,omitempty"`
}

// Took is how long the request took as the server knows it.
func (s Stamp) Took() time.Duration { return time.Duration(s.Answered - s.Arrived) }

// A truthServer serves requests for as long as they ask it to, and records when it did. Its responses are
// written by hand: what lies between a stamp and the wire is then one system call.
//
// Each request is due at an instant that is known when it arrives, and its connection's goroutine waits for that alone.
// So a wait that ends late, as all do by some microseconds, delays no other request.
type truthServer struct {
	mu     sync.Mutex
	stamps []Stamp
	free   int64 // serial: when the server has done what it was asked so far
	pause  struct{ from, until int64 }
}

// serve is the ground-truth server: it prints "ready <url> <control url>" and serves until ctx or in ends.
func serve(ctx context.Context, _ []string, in io.Reader, stdout io.Writer) error {
	ctx = untilClosed(ctx, in)
	useRealTime()
	asked, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer asked.Close()
	told, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	t := &truthServer{}
	control := &http.Server{Handler: http.HandlerFunc(t.restart)}
	defer control.Close()
	go control.Serve(told)
	go t.accept(asked)
	if _, err := fmt.Fprintf(stdout, "ready http://%s http://%s\n", asked.Addr(), told.Addr()); err != nil {
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

// A standstill is a time in which the server does nothing; the zero one is none.
type standstill struct{ After, Length time.Duration }

// restart is what the lab calls, beside what is measured: it returns what the server has done since the last call, and
// has it forget that and stand still as the body says.
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

// What the server says. It keeps connections, unless they are closed by the client.
const (
	truthBody = "done\n"
	truthHead = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
	truthFail = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
)

// respond serves one request and reports whether the connection still stands.
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

// admit gives a request its number, and says when it is begun and when its answer is due.
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
	if i < len(t.stamps) { // else they were forgotten meanwhile
		t.stamps[i].Answered, t.stamps[i].Failed = contract.Now(), failed
	}
}
