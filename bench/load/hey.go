package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rakyll/hey/requester"

	"forktax/bench"
)

// Hey offers closed loops by hey's requester, which is net/http's client with a stopwatch. It speaks everything that
// the client speaks (TLS, HTTP/2) and runs everywhere Go does; it is heavy, and it sees less than an engine of our own
// could: of a failed request only that it failed, of a body nothing.
type Hey struct{}

var _ bench.Engine = Hey{}

// What is known of requester v0.1.5, and what follows:
//   - It keeps at most 1,000,000 results and allocates seven numbers for each of N before it begins: a long block is
//     made of several pieces of work, each bounded by the time at this rate.
//   - It never sends the N mod C last requests: N is a multiple of C.
//   - If not one request succeeds, it prints nothing at all; of failed ones it tells only how many had which error.
//     What a trace in the request's context sees fills the gap.
//   - It leaves its connections open, which does not matter to a command that ends, but does here: the trace collects
//     them to be closed.
const (
	heyKeeps   = 1_000_000
	heyCeiling = 50_000 // requests a second
)

// heyReport is what the template {{ jsonify . }} prints, as far as it is read: seconds, one for each success.
type heyReport struct {
	Lats, ResLats, Offsets []float64
	StatusCodes            []int
	ErrorDist              map[string]int
}

// Run implements bench.Engine.
func (Hey) Run(ctx context.Context, v bench.Visit, rec bench.Recorder) error {
	if v.Load.Kind != bench.Closed {
		return errors.New("the engine hey offers closed loops only")
	}
	if v.Load.Concurrency < 1 {
		return fmt.Errorf("%d clients: at least one is needed", v.Load.Concurrency)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	sent := 0
	for left := v.Length; ctx.Err() == nil && (left > 0 || sent < v.AtLeast); left = v.Length - time.Since(began) {
		w, err := newHeyWork(ctx, v, left, v.AtLeast-sent)
		if err != nil {
			return err
		}
		n, err := w.run(ctx, rec, time.Since(began))
		if err != nil {
			return err
		}
		sent += n
	}
	return nil
}

// heyWork is one piece of work for the requester.
type heyWork struct {
	work    requester.Work
	out     bytes.Buffer
	want    int // the status of a right answer
	length  time.Duration
	atLeast int64

	begun    atomic.Int64 // requests
	mu       sync.Mutex
	conns    map[net.Conn]bool
	failures map[string]int // to connect, by class
}

func newHeyWork(ctx context.Context, v bench.Visit, length time.Duration, atLeast int) (*heyWork, error) {
	w := &heyWork{want: v.Request.Want.StatusCode(), length: length, atLeast: int64(atLeast),
		conns: map[net.Conn]bool{}, failures: map[string]int{}}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, w.trace()), v.Request.Method,
		v.URL+v.Request.Path, nil)
	if err != nil {
		return nil, err
	}
	for name, value := range v.Request.Headers {
		req.Header.Set(name, value)
	}
	req.ContentLength = int64(len(v.Request.Body))
	c := v.Load.Concurrency
	n := max(int(heyCeiling*length.Seconds()), atLeast, c)
	w.work = requester.Work{
		Request:            req,
		RequestBody:        []byte(v.Request.Body),
		N:                  min(n+c-1, heyKeeps) / c * c,
		C:                  c,
		Timeout:            int((v.Load.Timeout() + time.Second - 1) / time.Second),
		DisableCompression: true,
		DisableRedirects:   true,
		DisableKeepAlives:  v.Load.NoReuse,
		H2:                 strings.HasPrefix(v.URL, "https:"),
		Output:             "{{ jsonify . }}",
		Writer:             &w.out,
	}
	return w, nil
}

func (w *heyWork) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { w.begun.Add(1) },
		GotConn: func(got httptrace.GotConnInfo) {
			if !got.Reused {
				w.mu.Lock()
				w.conns[got.Conn] = true
				w.mu.Unlock()
			}
		},
		ConnectDone: func(_, _ string, err error) {
			if err != nil {
				w.mu.Lock()
				w.failures[classOf(err.Error())]++
				w.mu.Unlock()
			}
		},
	}
}

// run does the work, records it, shifted by when it began in the block, and returns how many requests it sent.
func (w *heyWork) run(ctx context.Context, rec bench.Recorder, shift time.Duration) (int, error) {
	w.work.Init()
	ended := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.stopInTime(ctx, ended)
	}()
	w.work.Run()
	close(ended)
	<-stopped
	for conn := range w.conns {
		conn.Close()
	}
	if w.out.Len() <= 1 { // a line end: nothing succeeded
		return w.recordFailures(rec), nil
	}
	var report heyReport
	if err := json.Unmarshal(w.out.Bytes(), &report); err != nil {
		return 0, fmt.Errorf("reading what hey printed: %w", err)
	}
	return w.record(report, rec, shift), nil
}

// stopInTime stops the work when its time is over and enough requests have been sent, or ctx ends.
func (w *heyWork) stopInTime(ctx context.Context, ended <-chan struct{}) {
	defer w.work.Stop()
	timer := time.NewTimer(w.length)
	defer timer.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			return
		case <-timer.C:
			if w.begun.Load() >= w.atLeast {
				return
			}
			timer.Reset(time.Millisecond)
		}
	}
}

// record turns hey's report into observations. Its offsets count from the start of the program; the first request is
// taken to have begun with the work.
func (w *heyWork) record(r heyReport, rec bench.Recorder, shift time.Duration) int {
	first := r.Offsets[0]
	for _, o := range r.Offsets {
		first = min(first, o)
	}
	seen := make([]bench.Observation, 0, len(r.Lats))
	for i, lat := range r.Lats {
		sent := shift + seconds(r.Offsets[i]-first)
		done := sent + seconds(lat)
		o := bench.Observation{Intended: sent, Sent: sent, FirstByte: done - seconds(r.ResLats[i]), Done: done,
			Status: r.StatusCodes[i]}
		if o.Status != w.want {
			o.Err = bench.ErrWrongStatus
		}
		seen = append(seen, o)
	}
	for message, n := range r.ErrorDist {
		for range n {
			seen = append(seen, bench.Observation{Err: classOf(message)})
		}
	}
	rec.Observe(seen)
	return len(seen)
}

// recordFailures records work of which nothing succeeded, from what the trace saw.
func (w *heyWork) recordFailures(rec bench.Recorder) int {
	n := int(w.begun.Load())
	class := bench.ErrOther
	for _, c := range []string{bench.ErrRefused, bench.ErrTimeout, bench.ErrInterrupted} {
		if w.failures[c] > 0 {
			class = c
			break
		}
	}
	seen := make([]bench.Observation, n)
	for i := range seen {
		seen[i].Err = class
	}
	rec.Observe(seen)
	return n
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// classOf sorts the errors of net/http's client, which hey passes on as text.
func classOf(message string) string {
	for _, c := range []struct{ has, class string }{
		{"connection refused", bench.ErrRefused},
		{"Client.Timeout", bench.ErrTimeout},
		{"deadline exceeded", bench.ErrTimeout},
		{"i/o timeout", bench.ErrTimeout},
		{"context canceled", bench.ErrInterrupted},
		{"reset by peer", bench.ErrReset},
		{"EOF", bench.ErrClosed},
		{"closed", bench.ErrClosed},
		{"broken pipe", bench.ErrClosed},
		{"malformed", bench.ErrMalformed},
		{"header", bench.ErrTooLarge},
	} {
		if strings.Contains(message, c.has) {
			return c.class
		}
	}
	return bench.ErrOther
}
