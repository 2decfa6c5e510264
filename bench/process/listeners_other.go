//go:build !linux

package process

import "net/netip"

// Listeners are not known here.
func Listeners(...int) []netip.AddrPort { return nil }

// Running is not known here.
func Running(...int) bool { return false }
