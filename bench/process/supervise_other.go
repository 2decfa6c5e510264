//go:build !linux

package process

import (
	"errors"
	"io"
)

const canSupervise = false

// Supervise is not available here.
func Supervise(io.Reader, io.Writer, []string) error { return errors.ErrUnsupported }

// askAtOnce does nothing here.
func (p *Process) askAtOnce() {}
