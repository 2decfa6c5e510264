package load

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// Parameters of the capacity measurement: visits long enough for thousands of requests, and enough clients to keep a
// core busy.
const (
	capacityVisits  = 3
	capacityLength  = 30 * time.Millisecond
	capacityClients = 64
)

// capacity returns approximately the highest rate of a generator core, in requests per second: the rate that its CPU
// time allows. The load of the machine and the speed of the server, which is in this process, hardly affect it.
func capacity(ctx context.Context) (float64, error) {
	url, stop, err := serveNothing()
	if err != nil {
		return 0, err
	}
	defer stop()
	var e Epoll
	var cpu []float64
	for range capacityVisits {
		var seen counted
		err := e.Run(ctx, Visit{URL: url, Request: contract.Request{Name: "capacity", Method: "GET", Path: "/"},
			Load: plan.Load{Kind: plan.Closed, Concurrency: capacityClients}, Length: capacityLength}, &seen)
		if err != nil {
			return 0, err
		}
		if seen == 0 {
			return 0, errors.New("no request got a response")
		}
		cpu = append(cpu, float64(e.cores[0].cpu)/float64(time.Microsecond)/float64(seen))
	}
	return rateOf(cpu), nil
}

// counted is a Recorder that counts correct responses.
type counted int

// Observe implements Recorder.
func (c *counted) Observe(batch []record.Observation) {
	for _, o := range batch {
		if o.Err == "" {
			*c++
		}
	}
}

// serveNothing starts a server that sends a response without a body after each read, until stop is called.
func serveNothing() (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go respondNothing(c)
		}
	}()
	return "http://" + l.Addr().String(), func() { l.Close() }, nil
}

// respondNothing sends responses until the client closes the connection.
func respondNothing(c io.ReadWriteCloser) {
	defer c.Close()
	request, response := make([]byte, 4096), []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	for {
		if _, err := c.Read(request); err != nil {
			return
		}
		if _, err := c.Write(response); err != nil {
			return
		}
	}
}
