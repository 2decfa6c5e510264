//go:build !linux

package load

import (
	"context"
	"math"
)

// capacity returns +Inf, since this system has no engine for open loops.
func capacity(context.Context) (float64, error) { return math.Inf(1), nil }
