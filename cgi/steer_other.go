//go:build !linux

package cgi

// interruptNobody is for Linux.
func interruptNobody() {}
