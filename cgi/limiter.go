package cgi

import (
	"context"
	"errors"
	"sync/atomic"
)

// errQueueFull means that as many requests wait as may.
var errQueueFull = errors.New("the queue is full")

// A limiter admits a bounded number at once and lets a bounded number wait, in the order in which they came.
type limiter struct {
	free    chan struct{} // holds a token for each slot that is taken
	waiting atomic.Int64
	queue   int64
}

func newLimiter(atOnce, queue int) *limiter {
	return &limiter{free: make(chan struct{}, atOnce), queue: int64(queue)}
}

// acquire returns when a slot is the caller's, and with an error when the queue is full or ctx ends first.
func (s *limiter) acquire(ctx context.Context) error {
	select {
	case s.free <- struct{}{}:
		return nil
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.queue {
		return errQueueFull
	}
	select {
	case s.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *limiter) release() { <-s.free }
