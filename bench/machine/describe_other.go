//go:build !linux

package machine

import "forktax/bench"

func describe(*bench.Environment) {}

// Counters are not known here.
func Counters() bench.Counters { return bench.Counters{} }
