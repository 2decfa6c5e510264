//go:build !linux

package traps

import "net"

// acknowledgesAtOnce reports whether acknowledge works here.
const acknowledgesAtOnce = false

// acknowledge is not possible here.
func acknowledge(net.Conn) {}
