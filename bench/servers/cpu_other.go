//go:build !linux

package servers

// cpuAtRest is not known here.
func (*home) cpuAtRest(...int) (ns int64, known bool) { return 0, false }
