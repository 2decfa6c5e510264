//go:build !linux

package workload

// interruptNobody is for Linux.
func interruptNobody() {}
