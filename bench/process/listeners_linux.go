package process

import (
	"fmt"
	"net/netip"

	"github.com/prometheus/procfs"
)

// tcpListen is the state of a socket that listens: TCP_LISTEN in the kernel's include/net/tcp_states.h.
const tcpListen = 10

// Listeners returns the addresses at which the processes listen for TCP connections, each once. Of those of other users
// only root can see them.
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
		targets, _ := p.FileDescriptorTargets() // of one that has ended, or is another user's, none
		for _, target := range targets {
			sockets[target] = true
		}
	}
	//lint:ignore SA1019 netlink, which is faster where there are many sockets, would be one dependency more
	four, _ := fs.NetTCP()
	//lint:ignore SA1019 likewise
	six, _ := fs.NetTCP6() // which a kernel may not have
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
