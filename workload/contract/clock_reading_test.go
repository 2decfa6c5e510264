package contract

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// A process that is preempted between the readings of the two clocks must not get a wrong offset for all its life.
func TestClocksAreReadTogether(t *testing.T) {
	var done atomic.Bool
	for range 8 {
		go func() {
			for !done.Load() { // keeps the processors busy
			}
		}()
	}
	defer done.Store(true)
	base := time.Now()
	var offsets []int64
	for range 300 {
		shared, at := readClocks()
		offsets = append(offsets, shared-int64(at.Sub(base)))
	}
	if apart := time.Duration(slices.Max(offsets) - slices.Min(offsets)); apart > time.Millisecond {
		t.Errorf("the offsets of the clocks differ by %v", apart)
	}
}
