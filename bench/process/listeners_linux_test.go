package process_test

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"forktax/bench/process"
)

func TestListeners(t *testing.T) {
	var want []netip.AddrPort
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0"} {
		l, err := net.Listen("tcp4", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		want = append(want, netip.MustParseAddrPort(l.Addr().String()))
	}
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil { // a machine may have no IPv6
		defer l.Close()
		want = append(want, netip.MustParseAddrPort(l.Addr().String()))
	}
	got := process.Listeners(os.Getpid(), os.Getpid())
	for _, a := range want {
		if !slices.Contains(got, a) {
			t.Errorf("Listeners = %v, want %v among them", got, a)
		}
	}
	if got := process.Listeners(1<<22 - 1); len(got) > 0 {
		t.Errorf("Listeners of a missing process = %v", got)
	}
}

func TestRunning(t *testing.T) {
	for text, want := range map[string]bool{"echo ready; while :; do :; done": true, "echo ready; read line": false} {
		p := started(t, text)
		for end := time.Now().Add(patience); process.Running(p.PID()) != want; {
			if time.Now().After(end) {
				t.Errorf("Running of %q = %t, want %t", text, !want, want)
				break
			}
		}
	}
}
