package program

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"forktax/bench"
)

// reachLimit is how long a foreign server may take to accept a connection.
const reachLimit = 5 * time.Second

// A Foreign is a server that somebody else runs. In a plan its name stands in the place of a model.
type Foreign struct {
	Name string
	URL  *url.URL
}

// ParseForeign reads name=url.
func ParseForeign(text string) (Foreign, error) {
	name, raw, found := strings.Cut(text, "=")
	if !found || name == "" {
		return Foreign{}, fmt.Errorf("%q: name=url is needed, such as apache=http://127.0.0.1:8080/", text)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return Foreign{}, fmt.Errorf("%q: %w", text, err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return Foreign{}, fmt.Errorf("%q: an http or https URL is needed, such as http://127.0.0.1:8080/", text)
	}
	if u.User != nil || u.Fragment != "" {
		return Foreign{}, fmt.Errorf("%q: a URL without user and fragment is needed", text)
	}
	return Foreign{Name: name, URL: u}, nil
}

// Reach connects to the server once.
func (f Foreign) Reach(ctx context.Context) error {
	port := f.URL.Port()
	if port == "" {
		port = f.URL.Scheme // net knows the ports of http and https by name
	}
	dialer := net.Dialer{Timeout: reachLimit}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(f.URL.Hostname(), port))
	if err != nil {
		return fmt.Errorf("reaching %s at %s: %w", f.Name, f.URL, err)
	}
	return conn.Close()
}

// Secure says whether it speaks TLS.
func (f Foreign) Secure() bool { return f.URL.Scheme == "https" }

// ForeignWorkload is the workload of servers that are measured by their URL alone: it is the whole of the request.
const ForeignWorkload = "url"

// target is the server in the place of a launched one. Nothing is known of its cost.
func (f Foreign) target(workload string) *bench.Target {
	t := &bench.Target{Workload: workload, Model: f.Name, URL: f.URL.String(), Foreign: true}
	if workload != ForeignWorkload { // whose requests have paths of their own
		t.URL = strings.TrimSuffix(t.URL, "/")
	}
	return t
}
