//go:build !linux

package machine

import "forktax/bench/record"

func describe(*record.Environment) {}

// Counters are not known here.
func Counters() record.Counters { return record.Counters{} }
