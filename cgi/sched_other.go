//go:build !linux

package cgi

// useBatchPolicy does nothing: SCHED_BATCH exists on Linux only.
func useBatchPolicy() {}
