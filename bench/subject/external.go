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

// reachLimit is the longest that an external server may take to accept a connection.
const reachLimit = 5 * time.Second

// An External is an externally managed server, or a server that a shell command starts. A plan uses its name like that
// of a model.
type External struct {
	Name    string
	URL     *url.URL // nil if Command or Start starts the server
	Command string   // shell command that starts the server; gets its port as {port} and as the variable PORT
	Env     []string // variables of the command as NAME=VALUE, in addition to those of this process
	Dir     string   // working directory of the command; "": the current directory
	Path    string   // URL path below which the command serves; "": the root
	// Start starts the server for a workload; nil if URL or Command is set.
	Start    func(ctx context.Context, l *Launcher) (*Target, func() error, error)
	Workload string // the only workload that it serves; "": it serves all

	Admin       *url.URL // URL of its admin listener, if it is a forktax serve; nil: its cost cannot be measured
	OtherClock  bool     // its clock differs from this machine's: see ReachAdmin
	clockOffset time.Duration
}

// ParseExternal parses name=url.
func ParseExternal(text string) (External, error) {
	name, raw, found := strings.Cut(text, "=")
	if !found || name == "" {
		return External{}, fmt.Errorf("%q: must be name=url, such as apache=http://127.0.0.1:8080/", text)
	}
	u, err := parseServerURL(name, raw)
	if err != nil {
		return External{}, fmt.Errorf("%q: %w", name+"="+withoutUser(raw), err)
	}
	return External{Name: name, URL: u}, nil
}

// Reach connects to the server once, and returns an error if it does not listen.
func (f External) Reach(ctx context.Context) error {
	port := cmp.Or(f.URL.Port(), f.URL.Scheme) // package net resolves http and https to their ports
	dialer := net.Dialer{Timeout: reachLimit}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(f.URL.Hostname(), port))
	if err != nil {
		return fmt.Errorf("connecting to %s at %s: %w; start the server, or correct its URL", f.Name, f.URL, err)
	}
	return conn.Close()
}

// IsTLS reports whether the server speaks TLS.
func (f External) IsTLS() bool { return f.URL != nil && f.URL.Scheme == "https" }

// ExternalWorkload is the workload of servers that are measured by their URL alone, which is the only request.
const ExternalWorkload = "url"

// target returns the server as a Target. Only an admin listener, if there is one, reports the server's cost.
func (f External) target(workload string) *Target {
	t := &Target{Workload: workload, Model: f.Name, URL: f.URL.String(), AdminURL: f.adminURL(), External: true,
		OtherClock: f.OtherClock}
	if workload != ExternalWorkload { // the requests have paths
		t.URL = strings.TrimSuffix(t.URL, "/")
	}
	return t
}

// withoutUser returns the text of a URL without user and password, so that it may be shown. The URL may be invalid.
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
