//go:build !linux

package traps

import "net"

// acknowledgesAtOnce reports whether acknowledge works on this system.
const acknowledgesAtOnce = false

// acknowledge is not supported on this system.
func acknowledge(net.Conn) {}
