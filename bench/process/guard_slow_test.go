//go:build slow

package process_test

import "testing"

// A group that ignores SIGTERM is killed.
func TestStubbornGroupEndsWithParent(t *testing.T) {
	cmd, line := helped(t, "start", "FIRST=trap '' TERM; ")
	cmd.Process.Kill()
	ended(t, line, 2*patience)
}
