package process

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// FreePort finds a port that nobody listens on now, for a program that must be told one.
//
// It is none of those that systems give to who asks for any (from 32768 on Linux, 49152 elsewhere): between the look and
// the use of it, another process could be given it.
func FreePort() (int, error) {
	for range portTries {
		port := firstPort + rand.IntN(endPort-firstPort)
		if ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, ln.Close()
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("looking for a free port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// Ports that are tried, and how many of them before any will do.
const (
	firstPort = 20_000
	endPort   = 32_000
	portTries = 100
)
