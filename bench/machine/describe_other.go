//go:build !linux

package machine

import "forktax/bench"

func describe(*bench.Environment) {}
