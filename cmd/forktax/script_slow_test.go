//go:build slow

package main

import "testing"

// TestSlowScripts runs scripts that take long, or that are about servers of others.
func TestSlowScripts(t *testing.T) { runScripts(t, "testdata/slow") }
