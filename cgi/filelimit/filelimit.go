//go:build unix

// Package filelimit holds the limit on open files that this process was started with. Package os raises the soft limit
// when it is initialized. Package syscall restores it in children that it starts itself, but does not export it.
//
// This package is initialized before package os: Go initializes packages as soon as those that they import are
// initialized, in the order of their import paths, and this package imports nothing that package os does not.
package filelimit

import "syscall"

var atStart = limit()

func limit() (l syscall.Rlimit) {
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return syscall.Rlimit{}
	}
	return l
}

// AtStart returns the limit that this process was started with, and reports whether package os has changed it.
func AtStart() (l syscall.Rlimit, changed bool) {
	return atStart, atStart.Cur != atStart.Max
}
