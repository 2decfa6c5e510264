package subject

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// reachLimit is how long an external server may take to accept a connection.
const reachLimit = 5 * time.Second

// An External is an externally managed server, or one that a command starts. In a plan its name stands in the place of
// a model.
type External struct {
	Name    string
	URL     *url.URL // nil if it is started
	Command string   // for a shell, or ""; {port} in it, and the variable PORT, say where it is to listen
	Env     []string // of the command, as NAME=VALUE, over ours
	Dir     string   // in which the command runs; "": the current directory
	// Start starts it for a workload; nil if URL or Command says how it is reached.
	Start    func(ctx context.Context, l *Launcher) (*Target, func() error, error)
	Workload string // the one that it serves, if it does not serve all

	Admin       *url.URL // of its admin listener, if it is a forktax serve; nil: nothing is known of its cost
	OtherClock  bool     // the clock behind Admin is not that of this machine: see ReachAdmin
	clockOffset time.Duration
}

// ParseExternal reads name=url.
func ParseExternal(text string) (External, error) {
	name, raw, found := strings.Cut(text, "=")
	if !found || name == "" {
		return External{}, fmt.Errorf("%q: name=url is needed, such as apache=http://127.0.0.1:8080/", text)
	}
	u, err := parseServerURL(name, raw)
	if err != nil {
		return External{}, fmt.Errorf("%q: %w", name+"="+withoutUser(raw), err)
	}
	return External{Name: name, URL: u}, nil
}

// Reach connects to the server once.
func (f External) Reach(ctx context.Context) error {
	port := cmp.Or(f.URL.Port(), f.URL.Scheme) // net knows the ports of http and https by name
	dialer := net.Dialer{Timeout: reachLimit}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(f.URL.Hostname(), port))
	if err != nil {
		return fmt.Errorf("reaching %s at %s: %w", f.Name, f.URL, err)
	}
	return conn.Close()
}

// IsTLS reports whether it speaks TLS.
func (f External) IsTLS() bool { return f.URL != nil && f.URL.Scheme == "https" }

// ExternalWorkload is the workload of servers that are measured by their URL alone: it is the whole of the request.
const ExternalWorkload = "url"

// target is the server as a launched one. Only its admin listener, if it has one, reports its cost.
func (f External) target(workload string) *Target {
	t := &Target{Workload: workload, Model: f.Name, URL: f.URL.String(), AdminURL: f.adminURL(), External: true,
		OtherClock: f.OtherClock}
	if workload != ExternalWorkload { // whose requests have paths of their own
		t.URL = strings.TrimSuffix(t.URL, "/")
	}
	return t
}

// withoutUser returns a URL as it may be shown, also if it cannot be parsed: without a user and a password.
func withoutUser(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return text
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = "…@" + authority[i+1:]
	}
	return scheme + "://" + authority + path
}
