//go:build !linux

package spawn

// useBatchPolicy does nothing: SCHED_BATCH exists on Linux only.
func useBatchPolicy() {}
