//go:build !linux

package traps

// processTree is not supported on this system.
func processTree(int) []serverProcess { return nil }
