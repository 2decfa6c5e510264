//go:build !linux

package stack

import "forktax/bench"

// Usage is not known here.
func (*Web) Usage() *bench.Usage { return nil }
