//go:build !large

package main

var ballast = [1]byte{1}
