//go:build !linux

package twin

// interruptNobody is for Linux.
func interruptNobody() {}
