//go:build !linux

package cgi

import "time"

// now reads, in nanoseconds, a clock that all processes of the machine share: here only that of the wall, which may be
// set while a request is under way.
func now() int64 { return time.Now().UnixNano() }
