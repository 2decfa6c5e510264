package live

import (
	"fmt"
	"net"
	"os/exec"
	"runtime"
)

// Reachable returns an address at which others can reach a listener on all addresses, or else the listener's own.
func Reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	host := "localhost"
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if own, ok := a.(*net.IPNet); ok && own.IP.IsGlobalUnicast() {
			host = own.IP.String()
			break
		}
	}
	return net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}

// OpenBrowser opens the page by the desktop's program.
func OpenBrowser(url string) error {
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	cmd := exec.Command(program, url)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}
