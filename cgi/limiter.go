package cgi

import (
	"context"
	"errors"
	"sync/atomic"
)

// errQueueFull is returned when the queue of waiting requests is full.
var errQueueFull = errors.New("queue is full")

// A limiter admits a bounded number of requests at once and lets a bounded number wait, in the order of their arrival.
type limiter struct {
	taken   chan struct{} // holds a token for each slot that is in use
	waiting atomic.Int64
	queue   int64
}

func newLimiter(atOnce, queue int) *limiter {
	return &limiter{taken: make(chan struct{}, atOnce), queue: int64(queue)}
}

// acquire takes a slot. It returns errQueueFull if the queue is full, and the error of ctx if that ends first.
func (s *limiter) acquire(ctx context.Context) error {
	select {
	case s.taken <- struct{}{}:
		return nil
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.queue {
		return errQueueFull
	}
	select {
	case s.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *limiter) release() { <-s.taken }
