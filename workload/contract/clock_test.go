package contract

import (
	"slices"
	"testing"
	"time"
)

// A process that is preempted between the readings of the two clocks must not get a wrong offset for all its life.
func TestClocksAreReadTogether(t *testing.T) {
	done := make(chan struct{})
	for range 8 {
		go func() {
			for {
				select {
				case <-done:
					return
				default:
				}
			}
		}()
	}
	defer close(done)
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
