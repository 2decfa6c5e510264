//go:build !linux

package cgi

// useBatchPolicy is for Linux.
func useBatchPolicy() {}
