//go:build !linux

package machine

import (
	"errors"

	"forktax/bench/record"
)

// Evict is not available here.
func Evict([]string) ([]record.ColdFile, error) { return nil, CanEvict() }

// CanEvict is an error where files cannot be let go.
func CanEvict() error { return errors.New("only Linux lets go of files in memory") }
