//go:build !linux && !darwin

package cgi

import "io"

// A pipe is not duplicated on this system; standard error is read while the child runs.
type pipe struct{}

func duplicatePipe(io.Reader, func(io.Reader) (int64, error)) *pipe { return nil }

func newPipe(int, func(io.Reader) (int64, error)) *pipe { return nil }

func (*pipe) follow() {}

func (*pipe) drain() {}
