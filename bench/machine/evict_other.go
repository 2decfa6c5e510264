//go:build !linux

package machine

import (
	"errors"

	"forktax/bench/record"
)

// Evict is not available on this system.
func Evict([]string) ([]record.ColdFile, error) { return nil, CanEvict() }

// CanEvict returns an error if Evict is not available on this system.
func CanEvict() error {
	return errors.New("dropping files from the page cache is supported on Linux only")
}
