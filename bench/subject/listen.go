package subject

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Listen listens on the TCP address that is the value of the option. An invalid address is an *OptionError. A port that
// is in use, or that this user may not use, is another error.
func Listen(option, address string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, InvalidOption(option, "%q: must be host:port, such as 127.0.0.1:8080 (port 0: any free port)", address)
	}
	l, err := net.Listen("tcp", address)
	if err == nil {
		return l, nil
	}
	var failed *net.OpError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	var errno syscall.Errno
	switch {
	case !errors.As(err, &errno):
		return nil, InvalidOption(option, "%s: %v", address, err)
	case errno == syscall.EADDRNOTAVAIL:
		return nil, InvalidOption(option, "%s: this machine does not have that address: use one that it has, such as "+
			"127.0.0.1", address)
	case errno == syscall.EADDRINUSE:
		return nil, fmt.Errorf("--%s %s: %w; use another port, or port 0 for any free port", option, address, errno)
	case errno == syscall.EACCES:
		return nil, fmt.Errorf("--%s %s: %w; use a port from 1024 on, or port 0 for any free port", option, address, errno)
	}
	return nil, fmt.Errorf("--%s %s: %w", option, address, errno)
}
