//go:build large

package main

// ballast makes the file 50 MB larger. It is data and not code, of which a start reads no more than one page: what it
// can cost is what a large file costs by its size alone.
var ballast = [50 << 20]byte{1}
