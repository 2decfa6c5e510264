package process

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// FreePort returns a port on which no process is listening, for a program that needs a fixed port.
//
// It avoids ephemeral ports (from 32768 on Linux, 49152 elsewhere): the system could assign such a port to another
// process before the program uses it.
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

// The range of ports that FreePort tries, and the number of tries before it takes an ephemeral port.
const (
	firstPort = 20_000
	endPort   = 32_000
	portTries = 100
)
