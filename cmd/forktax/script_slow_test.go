//go:build slow

package main

import "testing"

// TestSlowScripts runs the scripts that take long, or that need third-party servers.
func TestSlowScripts(t *testing.T) {
	runScripts(t, "testdata/slow", "forktax-wasm", "forktax-hello.wasm")
}
