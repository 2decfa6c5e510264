//go:build !linux

package stack

// cpuAtRest is not known here.
func (*home) cpuAtRest(...int) (ns int64, known bool) { return 0, false }
