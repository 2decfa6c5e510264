package calibrate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// naiveEngine is a simple engine with at most one typical fault. Without a fault it is correct, though not precise.
type naiveEngine struct {
	sleeps   bool // paces by sleeping for each gap, and takes the wake-up time for the intended time
	connects bool // starts the time of a request when the connection is established
	skips    bool // leaves out requests that are due while all connections are in use
}

// Run implements load.Engine.
func (e naiveEngine) Run(ctx context.Context, v load.Visit, rec load.Recorder) error {
	u, err := url.Parse(v.URL)
	if err != nil {
		return fmt.Errorf("reading the URL: %w", err)
	}
	b := &naiveVisit{naiveEngine: e, visit: v, to: u.Host, start: time.Now()}
	if v.Load.Kind == plan.Closed {
		b.closed(ctx)
	} else if err := b.open(ctx); err != nil {
		return err
	}
	rec.Observe(b.seen)
	return nil
}

// A naiveVisit is one visit of a naiveEngine.
type naiveVisit struct {
	naiveEngine
	visit load.Visit
	to    string
	start time.Time

	mu   sync.Mutex
	seen []record.Observation
}

func (b *naiveVisit) closed(ctx context.Context) {
	var clients sync.WaitGroup
	for range b.visit.Load.Concurrency {
		clients.Go(func() {
			var c naiveConn
			defer c.close()
			for n := 0; ctx.Err() == nil && (n < b.visit.MinRequests || time.Since(b.start) < b.visit.Length); n++ {
				b.send(&c, time.Since(b.start))
			}
		})
	}
	clients.Wait()
}

func (b *naiveVisit) open(ctx context.Context) error {
	plan, err := load.Arrivals(b.visit.Load, b.visit.Length, b.visit.MinRequests, b.visit.Seed)
	if err != nil {
		return err
	}
	wake, err := newWakeTimer()
	if err != nil {
		return err
	}
	defer wake.close()
	free := make(chan *naiveConn, b.visit.Load.Concurrency)
	for range b.visit.Load.Concurrency {
		free <- &naiveConn{}
	}
	var requests sync.WaitGroup
	last := time.Duration(0)
	for _, due := range plan {
		if b.sleeps {
			time.Sleep(due - last)
			last, due = due, time.Since(b.start)
		} else {
			wake.until(contract.Now() + int64(due-time.Since(b.start)))
		}
		if b.skips && len(free) == 0 {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		requests.Go(func() {
			c := <-free
			b.send(c, due)
			free <- c
		})
	}
	requests.Wait()
	for range b.visit.Load.Concurrency {
		(<-free).close()
	}
	return nil
}

// A naiveConn is a connection; the zero value is not connected.
type naiveConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *naiveConn) close() {
	if c.Conn != nil {
		c.Conn.Close()
		c.Conn = nil
	}
}

// send makes a request and records the observation.
func (b *naiveVisit) send(c *naiveConn, intended time.Duration) {
	o := record.Observation{Intended: intended, Sent: time.Since(b.start)}
	if b.visit.Load.NoReuse {
		c.close()
	}
	if c.Conn == nil {
		conn, err := net.Dial("tcp", b.to)
		if err != nil {
			o.Err = record.ErrRefused
		} else {
			c.Conn, c.r = conn, bufio.NewReader(conn)
		}
		if b.connects {
			o.Sent = time.Since(b.start)
			if b.visit.Load.Kind == plan.Closed {
				o.Intended = o.Sent
			}
		}
	}
	if o.Err == "" {
		o.Err = b.exchange(c, &o)
	}
	if o.Done = time.Since(b.start); o.Err != "" && o.Err != record.ErrWrongStatus {
		c.close()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, o)
}

// exchange sends a request on a connection, reads the response, and returns its error code; "" if it is correct.
func (b *naiveVisit) exchange(c *naiveConn, o *record.Observation) string {
	c.SetDeadline(b.start.Add(o.Intended + b.visit.Load.Timeout()))
	if _, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n", b.visit.Request.Method, b.visit.Request.Path,
		b.to); err != nil {
		return record.ErrTimeout
	}
	if _, err := c.r.Peek(1); err != nil {
		return record.ErrTimeout
	}
	o.FirstByte = time.Since(b.start)
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return record.ErrMalformed
	}
	o.Status = resp.StatusCode
	if o.Bytes, err = io.Copy(io.Discard, resp.Body); err != nil {
		return record.ErrTimeout
	}
	if o.Status != b.visit.Request.Want.StatusCode() {
		return record.ErrWrongStatus
	}
	return ""
}

// An alteredEngine is another engine with altered visits or altered observations.
type alteredEngine struct {
	load.Engine
	alterVisit        func(load.Visit) load.Visit                                        // nil: not altered
	alterObservations func(v load.Visit, seen []record.Observation) []record.Observation // nil: not altered
}

// Run implements load.Engine.
func (e alteredEngine) Run(ctx context.Context, v load.Visit, rec load.Recorder) error {
	made := v
	if e.alterVisit != nil {
		made = e.alterVisit(v)
	}
	var seen memoryRecorder
	if err := e.Engine.Run(ctx, made, &seen); err != nil {
		return err
	}
	reported := []record.Observation(seen)
	if e.alterObservations != nil {
		reported = e.alterObservations(v, slices.Clone(reported))
	}
	rec.Observe(reported)
	return nil
}
