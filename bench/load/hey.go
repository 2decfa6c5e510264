package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rakyll/hey/requester"

	"forktax/bench/plan"
	"forktax/bench/record"
)

// Hey is an engine for closed loops, built on hey's requester, a timed net/http client. It supports everything that
// net/http does (TLS, HTTP/2) and runs on every system that Go supports. It needs more CPU than Epoll and observes
// less: it reports that a request failed but not how, and it does not check bodies.
type Hey struct {
	Piece int // results that the requester keeps at a time; 0 means 1,000,000, its maximum
}

var _ Engine = Hey{}

// Properties of requester v0.1.5, and how this engine handles them:
//   - It keeps at most 1,000,000 results and allocates seven numbers for each of the N requests before it starts. So a
//     long block consists of several pieces of work, each sized for its time at heyCeiling.
//   - It never sends the last N mod C requests. The clients of one Work share a pool: a client that is connecting may
//     get a connection that another client has released, and its own then stays open, unused and unreachable. So each
//     client is a Work of its own, with C = 1.
//   - If no request succeeds, its averages are NaN and {{ jsonify . }} prints nothing. So the template names the fields
//     that are read.
//   - It leaves its connections open. A trace in the request's context collects them, so that they can be closed.
const (
	heyKeeps    = 1_000_000
	heyCeiling  = 50_000 // requests per second
	heyTemplate = `{"Lats":{{jsonify .Lats}},"ResLats":{{jsonify .ResLats}},"Offsets":{{jsonify .Offsets}},` +
		`"StatusCodes":{{jsonify .StatusCodes}},"ErrorDist":{{jsonify .ErrorDist}}}`
)

// heyReport is the output of the template. Times are in seconds, one element per successful request.
type heyReport struct {
	Lats, ResLats, Offsets []float64
	StatusCodes            []int
	ErrorDist              map[string]int
}

// Run implements load.Engine.
func (h Hey) Run(ctx context.Context, v Visit, rec Recorder) error {
	if v.Load.Kind != plan.Closed {
		return errors.New("the hey engine supports closed loops only: use the epoll engine")
	}
	if len(v.Mix) > 0 {
		return errors.New("the hey engine does not support a mix of requests: use the epoll engine")
	}
	if v.Load.Concurrency < 1 {
		return fmt.Errorf("load: concurrency %d: must be at least 1", v.Load.Concurrency)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if v.Await != nil {
		v.Await()
	}
	began := time.Now()
	sent := 0
	for left := v.Length; ctx.Err() == nil && (left > 0 || sent < v.MinRequests); left = v.Length - time.Since(began) {
		p, err := h.newPiece(ctx, v, left, v.MinRequests-sent)
		if err != nil {
			return err
		}
		n, err := p.run(ctx, rec, time.Since(began))
		if err != nil {
			return err
		}
		sent += n
	}
	return nil
}

// heyPiece is a part of a block, with at most as many requests as the requester keeps.
type heyPiece struct {
	clients []*heyClient
	want    int // expected status
	timeout time.Duration
	cutOff  bool // the timeout is the end of the visit
	length  time.Duration
	atLeast int64
	begun   atomic.Int64 // requests
}

// heyClient sends requests one after another.
type heyClient struct {
	work  requester.Work
	out   bytes.Buffer
	conns []net.Conn // connections used; only the goroutine of work accesses them until it has ended
}

func (h Hey) newPiece(ctx context.Context, v Visit, length time.Duration, atLeast int) (*heyPiece, error) {
	keeps, c := heyKeeps, v.Load.Concurrency
	if h.Piece > 0 {
		keeps = min(keeps, h.Piece)
	}
	n := max(int(heyCeiling*length.Seconds()), atLeast)
	each := max(min(n+c-1, keeps)/c, 1)
	p := &heyPiece{want: v.Request.Want.StatusCode(), timeout: v.Load.Timeout(), length: length, atLeast: int64(atLeast)}
	if end := max(length, 0) + v.Grace; v.Grace > 0 && end < p.timeout {
		p.timeout, p.cutOff = end, true
	}
	p.timeout = (p.timeout + time.Second - 1).Truncate(time.Second) // the requester's unit
	for range c {
		client, err := p.newClient(ctx, v, each)
		if err != nil {
			return nil, err
		}
		p.clients = append(p.clients, client)
	}
	return p, nil
}

func (p *heyPiece) newClient(ctx context.Context, v Visit, n int) (*heyClient, error) {
	c := &heyClient{}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, p.trace(c)), v.Request.Method,
		v.URL+v.Request.Path, nil)
	if err != nil {
		return nil, err
	}
	v.Request.SetHeaders(req)
	req.ContentLength = int64(len(v.Request.Body))
	c.work = requester.Work{
		Request:            req,
		RequestBody:        []byte(v.Request.Body),
		N:                  n,
		C:                  1,
		Timeout:            int(p.timeout / time.Second),
		DisableCompression: true,
		DisableRedirects:   true,
		DisableKeepAlives:  v.Load.NoReuse,
		H2:                 strings.HasPrefix(v.URL, "https:"),
		Output:             heyTemplate,
		Writer:             &c.out,
	}
	return c, nil
}

func (p *heyPiece) trace(c *heyClient) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { p.begun.Add(1) },
		GotConn: func(got httptrace.GotConnInfo) {
			if n := len(c.conns); n == 0 || c.conns[n-1] != got.Conn {
				c.conns = append(c.conns, got.Conn)
			}
		},
	}
}

// run does the work and records it. It adds shift, the offset of its start in the block, to all times, and returns the
// number of requests sent.
func (p *heyPiece) run(ctx context.Context, rec Recorder, shift time.Duration) (int, error) {
	ended := make(chan struct{})
	var stopper, working sync.WaitGroup
	for _, c := range p.clients {
		c.work.Init()
		working.Go(c.work.Run)
	}
	stopper.Go(func() { p.stopInTime(ctx, ended) })
	working.Wait()
	close(ended)
	stopper.Wait()
	var reports []heyReport
	for _, c := range p.clients {
		for _, conn := range c.conns {
			conn.Close()
		}
		var r heyReport
		if err := json.Unmarshal(c.out.Bytes(), &r); err != nil {
			return 0, fmt.Errorf("reading the output of hey: %w", err)
		}
		reports = append(reports, r)
	}
	return p.record(reports, rec, shift), nil
}

// stopInTime stops the work when its time is over and enough requests have been sent, or when ctx ends.
func (p *heyPiece) stopInTime(ctx context.Context, ended <-chan struct{}) {
	defer func() {
		for _, c := range p.clients {
			c.work.Stop()
		}
	}()
	timer := time.NewTimer(p.length)
	defer timer.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ctx.Done():
			return
		case <-timer.C:
			if p.begun.Load() >= p.atLeast {
				return
			}
			timer.Reset(time.Millisecond)
		}
	}
}

// record turns hey's reports into observations. Offsets in the reports count from the start of the program; record
// assumes that the first request began at the start of the work.
func (p *heyPiece) record(reports []heyReport, rec Recorder, shift time.Duration) int {
	first := math.Inf(1)
	for _, r := range reports {
		for _, o := range r.Offsets {
			first = min(first, o)
		}
	}
	var seen []record.Observation
	for _, r := range reports {
		for i, lat := range r.Lats {
			sent := shift + seconds(r.Offsets[i]-first)
			done := sent + seconds(lat)
			o := record.Observation{Intended: sent, Sent: sent, FirstByte: done - seconds(r.ResLats[i]), Done: done,
				Status: r.StatusCodes[i]}
			if o.Status != p.want {
				o.Err = record.ErrWrongStatus
			}
			seen = append(seen, o)
		}
		for message, n := range r.ErrorDist {
			o := record.Observation{Err: ClassOf(message)} // the time of the failure is unknown
			if o.Err == record.ErrTimeout {                // placed at the end of the piece, lasting exactly the timeout
				o.Intended = shift + p.length
				o.Sent, o.Done = o.Intended, o.Intended+p.timeout
				if p.cutOff {
					o.Err = record.ErrUnfinished
				}
			}
			seen = append(seen, slices.Repeat([]record.Observation{o}, n)...)
		}
	}
	rec.Observe(seen)
	return len(seen)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// ClassOf returns the class of an error of net/http's client. hey passes such errors on as text: Get "http://…":
// reason.
func ClassOf(message string) string {
	if _, reason, ok := strings.Cut(message, `": `); ok {
		message = reason // the URL may contain any word
	}
	for _, c := range []struct{ has, class string }{
		{"connection refused", record.ErrRefused},
		{"Client.Timeout", record.ErrTimeout},
		{"deadline exceeded", record.ErrTimeout},
		{"i/o timeout", record.ErrTimeout},
		{"context canceled", record.ErrInterrupted},
		{"reset by peer", record.ErrReset},
		{"EOF", record.ErrClosed},
		{"closed", record.ErrClosed},
		{"broken pipe", record.ErrClosed},
		{"malformed", record.ErrMalformed},
		{"header", record.ErrTooLarge},
	} {
		if strings.Contains(message, c.has) {
			return c.class
		}
	}
	return record.ErrOther
}
