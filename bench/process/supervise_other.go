//go:build !linux

package process

import (
	"errors"
	"io"
)

const canSupervise = false

// Supervise is not supported on this system.
func Supervise(io.Reader, io.Writer, []string) error { return errors.ErrUnsupported }

// askAtOnce does nothing on this system.
func (p *Process) askAtOnce() {}
