//go:build linux

package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"forktax/workload/contract"
)

// baseURL parses the base URL of a target.
func baseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("parsing the URL of the target: %w", err)
	case u.Scheme == "https":
		return nil, fmt.Errorf("the epoll engine supports http only: use the hey engine for %s", u.Redacted())
	case u.Scheme != "http" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is not a URL of the form http://host:port", u.Redacted())
	}
	return u, nil
}

// compose returns a request of the visit as bytes on the wire. net/http composes them, so its rules for hosts, escapes
// and lengths apply. They contain only what the workload specifies: no User-Agent, no Accept-Encoding.
func compose(v Visit, r contract.Request) (message []byte, err error) {
	request, err := http.NewRequest(r.Method, v.URL+r.Path, strings.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("composing the request %q: %w", r.Name, err)
	}
	request.Header.Set("User-Agent", "") // omits the header
	r.SetHeaders(request)
	request.Close = v.Load.NoReuse
	var b bytes.Buffer
	if err := request.Write(&b); err != nil {
		return nil, fmt.Errorf("composing the request %q: %w", r.Name, err)
	}
	return b.Bytes(), nil
}

// resolve returns the address of u's host. If a name has several addresses (localhost is 127.0.0.1 and ::1), it returns
// the first that accepts a connection, because a server often listens on only one of them.
func resolve(ctx context.Context, u *url.URL) (netip.AddrPort, error) {
	var none netip.AddrPort
	port := 80
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return none, fmt.Errorf("parsing the port of %q: %w", u.Host, err)
		}
		port = int(n)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return none, fmt.Errorf("resolving %q: %w", u.Host, err)
	}
	if len(addrs) == 0 {
		return none, fmt.Errorf("resolving %q: %w", u.Host, errors.New("no address found"))
	}
	for _, a := range addrs {
		ap := netip.AddrPortFrom(a.Unmap(), uint16(port))
		if len(addrs) == 1 || accepts(ctx, ap) {
			return ap, nil
		}
	}
	return netip.AddrPortFrom(addrs[0].Unmap(), uint16(port)), nil // the block will record that it refuses
}

// accepts reports whether a server accepts connections at a.
func accepts(ctx context.Context, a netip.AddrPort) bool {
	dialer := net.Dialer{Timeout: time.Second}
	c, err := dialer.DialContext(ctx, "tcp", a.String())
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// sockaddr returns a as an argument for system calls, and its address family.
func sockaddr(a netip.AddrPort) (unix.Sockaddr, int) {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}, unix.AF_INET
	}
	sa := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if i, err := net.InterfaceByName(a.Addr().Zone()); err == nil {
		sa.ZoneId = uint32(i.Index)
	}
	return sa, unix.AF_INET6
}
