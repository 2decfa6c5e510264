package subject

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Listen listens on the address that is the value of an option. A value that cannot be right anywhere is an
// *OptionError; a port that another process has, or that this user may not have, is not wrong usage.
func Listen(option, address string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, InvalidOption(option, "%q: a host and a port are needed, such as 127.0.0.1:8080, or port 0 for a free one",
			address)
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
		return nil, InvalidOption(option, "%s: this machine does not have that address", address)
	case errno == syscall.EADDRINUSE:
		return nil, fmt.Errorf("--%s %s: another process listens there; give another port, or port 0 for a "+
			"free one", option, address)
	case errno == syscall.EACCES:
		return nil, fmt.Errorf("--%s %s: this user may not listen there: %w; give a port from 1024 on, or port 0 for a "+
			"free one", option, address, errno)
	}
	return nil, fmt.Errorf("--%s %s: %w", option, address, errno)
}
