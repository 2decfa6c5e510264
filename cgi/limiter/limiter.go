// Package limiter admits requests to hosts that start processes or instances for them.
package limiter

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrQueueFull is returned when the queue of waiting requests is full.
var ErrQueueFull = errors.New("queue is full")

// A Limiter admits a bounded number of requests at once and lets a bounded number wait, in the order of their arrival.
type Limiter struct {
	taken   chan struct{} // holds a token for each slot that is in use
	waiting atomic.Int64
	queue   int64
}

// New returns a limiter of so many requests at once, and so many that wait. A negative queue counts as none.
func New(atOnce, queue int) *Limiter {
	return &Limiter{taken: make(chan struct{}, atOnce), queue: int64(max(queue, 0))}
}

// Acquire takes a slot. It returns ErrQueueFull if the queue is full, and the error of ctx if that ends first.
func (s *Limiter) Acquire(ctx context.Context) error {
	select {
	case s.taken <- struct{}{}:
		return nil
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.queue {
		return ErrQueueFull
	}
	select {
	case s.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Release returns a slot.
func (s *Limiter) Release() { <-s.taken }

// Waiting returns the number of requests that wait.
func (s *Limiter) Waiting() int64 { return s.waiting.Load() }
