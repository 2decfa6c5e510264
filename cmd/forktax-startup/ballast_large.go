//go:build large

package main

// ballast makes the executable 50 MiB larger. It is data, of which a start reads only one page, so it shows the cost of
// the file size alone.
var ballast = [50 << 20]byte{1}
