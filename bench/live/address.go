package live

import (
	"fmt"
	"net"
	"os/exec"
	"runtime"
)

// Reachable returns an address at which other machines can reach the listener. It is a global address of this machine
// if the listener listens on all addresses, and the address of the listener otherwise.
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

// OpenBrowser opens the URL with the desktop's default browser.
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
