package process

import (
	"fmt"
	"net/netip"

	"github.com/prometheus/procfs"
)

// tcpListen is the state of a listening socket: TCP_LISTEN in the kernel's include/net/tcp_states.h.
const tcpListen = 10

// Listeners returns the addresses at which the processes listen for TCP connections, without duplicates. Only root can
// see the addresses of other users' processes.
func Listeners(pids ...int) []netip.AddrPort {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil
	}
	sockets := map[string]bool{}
	for _, pid := range pids {
		p, err := fs.Proc(pid)
		if err != nil {
			continue
		}
		targets, _ := p.FileDescriptorTargets() // empty if the process has ended or belongs to another user
		for _, target := range targets {
			sockets[target] = true
		}
	}
	//lint:ignore SA1019 netlink, which is faster with many sockets, would be another dependency
	four, _ := fs.NetTCP()
	//lint:ignore SA1019 likewise
	six, _ := fs.NetTCP6() // missing if the kernel has no IPv6
	var found []netip.AddrPort
	seen := map[netip.AddrPort]bool{}
	for _, line := range append(four, six...) {
		if line.St != tcpListen || !sockets[fmt.Sprintf("socket:[%d]", line.Inode)] {
			continue
		}
		addr, _ := netip.AddrFromSlice(line.LocalAddr)
		if at := netip.AddrPortFrom(addr, uint16(line.LocalPort)); !seen[at] {
			found, seen[at] = append(found, at), true
		}
	}
	return found
}
