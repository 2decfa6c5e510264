//go:build linux

package load

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// spareFiles is the number of files left for the rest of the process: recorder, listeners, child processes.
const spareFiles = 16

// requireFiles returns an error unless the process may open that many more files.
func requireFiles(more int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("reading the limit on open files: %w", err)
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("counting open files: %w", err)
	}
	need := uint64(len(open) + more + spareFiles)
	if need > limit.Cur {
		return fmt.Errorf("this load needs %d file descriptors and the limit is %d: raise it with `ulimit -n %d`"+
			" before starting forktax, or with LimitNOFILE=%[1]d in a systemd unit", need, limit.Cur, need)
	}
	return nil
}

// requirePorts returns an error unless the machine has at least need local ports for connections to one address.
func requirePorts(need int) error {
	const file = "/proc/sys/net/ipv4/ip_local_port_range" // IPv6 uses it too
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the local port range: %w", err)
	}
	var low, high int
	if _, err := fmt.Sscan(string(text), &low, &high); err != nil {
		return fmt.Errorf("reading %s %q: %w", file, text, err)
	}
	if have := high - low + 1; need > have {
		return fmt.Errorf("this load needs %d local ports and the machine has %d, %d to %d: widen the range with"+
			" `sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"`", need, have, low, high)
	}
	return nil
}
