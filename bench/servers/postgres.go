package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"forktax/bench/record"
)

// Postgres describes the PostgreSQL server to use.
type Postgres struct {
	URL         string // URL of a given server; "" starts a private server, which the other fields describe
	TLS         bool   // TCP connections must use TLS, with a certificate of the server's own
	Socket      bool   // use a Unix socket instead of TCP
	Connections int    // most concurrent connections; 0 means PostgreSQL's default, 100
	// StartFunc, if set, starts the server in a chosen way, such as on certain cores. It calls start once.
	StartFunc func(start func() error) error
}

// A PostgresServer is a PostgreSQL server in which each target gets a schema of its own.
type PostgresServer struct {
	url     *url.URL         // complete: a client needs nothing else to connect
	private *privatePostgres // nil if the server was given

	mu      sync.Mutex // guards schemas
	schemas *schemas
}

// Start starts the server, or connects to the given one, and waits until it can be used.
func (p Postgres) Start(ctx context.Context) (*PostgresServer, error) {
	s := &PostgresServer{}
	var err error
	if p.URL == "" {
		if s.private, err = startPrivatePostgres(ctx, p); err != nil {
			return nil, fmt.Errorf("starting a PostgreSQL server: %w", err)
		}
		s.url = s.private.url
	} else if s.url, err = completeURL(p.URL); err != nil {
		return nil, err
	}
	if s.schemas, err = openSchemas(ctx, s.url); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// completeURL adds to a URL the settings that come from the environment: PGPASSWORD, the password file, and the like.
// Programs that a CGI host starts do not have that environment.
func completeURL(text string) (*url.URL, error) {
	config, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err) // pgx removes the password from err
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("database URL: invalid: use postgres://user@host/database") // err contains the password
	}
	query := u.Query()
	query.Del("password")
	if config.Password != "" {
		u.User = url.UserPassword(config.User, config.Password)
	} else {
		u.User = url.User(config.User)
	}
	if u.Host == "" && !query.Has("host") {
		query.Set("host", config.Host)
		query.Set("port", fmt.Sprint(config.Port))
	}
	if u.Hostname() != "" && u.Port() == "" && !query.Has("port") {
		u.Host = net.JoinHostPort(u.Hostname(), fmt.Sprint(config.Port))
	}
	u.Path = "/" + config.Database
	return withQuery(u, query), nil
}

// withQuery returns u with another query. It encodes a blank as %20, since libpq does not decode a plus.
func withQuery(u *url.URL, query url.Values) *url.URL {
	v := *u
	v.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return &v
}

// Provision makes a schema for one target. It returns the URL by which the target connects, and a function that drops
// the schema.
func (s *PostgresServer) Provision(ctx context.Context) (dsn string, remove func() error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, err := s.schemas.create(ctx)
	if err != nil {
		return "", nil, err
	}
	// Drivers of all languages support this way to set search_path. It is added last, since later options win.
	query := s.url.Query()
	query.Set("options", strings.TrimSpace(query.Get("options")+" -csearch_path="+name))
	return withQuery(s.url, query).String(), func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.private != nil && s.private.hasEnded() { // Stop reports why, and removes the data
			return nil
		}
		return s.schemas.drop(name)
	}, nil
}

// Description describes the server for the record of a run, without the password.
func (s *PostgresServer) Description(ctx context.Context) (*record.Database, error) {
	query := s.url.Query()
	query.Del("sslpassword")
	u := withQuery(s.url, query)
	u.User = url.User(u.User.Username())
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &record.Database{Kind: "postgres", URL: u.String(), Private: s.private != nil}
	if s.private != nil {
		d.CPUResolutionNS = s.private.resolution(s.private.process.PID())
	}
	var err error
	d.Version, d.Settings, err = s.schemas.describe(ctx)
	return d, err
}

// CPU returns the CPU time that all processes of the server have used so far, in nanoseconds. It waits briefly until
// they are idle. The time is unknown for a given server, which may be on another machine, and on some systems.
func (s *PostgresServer) CPU() (ns int64, known bool) {
	if s.private == nil {
		return 0, false
	}
	return s.private.nsAtRest(s.private.process.PID())
}

// Stop ends a private server and removes its files. The error includes the reason if the server had ended by itself
// before. A given server keeps running.
func (s *PostgresServer) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.schemas != nil {
		s.schemas.close()
	}
	if s.private == nil {
		return nil
	}
	return s.private.remove()
}
