//go:build !linux

package process

import "net/netip"

// Listeners is not supported on this system and returns nil.
func Listeners(...int) []netip.AddrPort { return nil }

// Running is not supported on this system and returns false.
func Running(...int) bool { return false }
