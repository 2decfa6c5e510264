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

// Postgres says which PostgreSQL server there is to be.
type Postgres struct {
	URL         string // of one that is given; "" starts a private one, and all below is of that
	TLS         bool   // by TCP it speaks TLS only, with a certificate of its own
	Socket      bool   // by a Unix socket in place of TCP
	Connections int    // the most at once; 0 means PostgreSQL's default, 100
	// StartFunc, if set, starts it where it is to run: on certain cores, say. It calls start, once.
	StartFunc func(start func() error) error
}

// A PostgresServer is a PostgreSQL server in which each target gets a schema of its own.
type PostgresServer struct {
	url     *url.URL         // with all that it takes to connect
	private *privatePostgres // nil if it is a given one

	mu      sync.Mutex // over what is below
	schemas *schemas
}

// Start starts the server, or connects to the one that is given, and proves that it can be used.
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

// completeURL fills in what a URL leaves to the environment, which programs do not have that a cgi host starts:
// PGPASSWORD, the password file, and the like.
func completeURL(text string) (*url.URL, error) {
	config, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("the database's URL: %w", err) // which has the password cut out
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the database's URL: it cannot be read") // err has all of it
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

// withQuery is the URL with another query, spelled as libpq wants it, which does not take a plus for a blank.
func withQuery(u *url.URL, query url.Values) *url.URL {
	v := *u
	v.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return &v
}

// Provision makes a schema for one target, and returns the URL by which to connect to it and what removes it again.
func (s *PostgresServer) Provision(ctx context.Context) (dsn string, remove func() error, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, err := s.schemas.create(ctx)
	if err != nil {
		return "", nil, err
	}
	// This way of saying it is understood by the drivers of all languages. It is added last: later ones win.
	query := s.url.Query()
	query.Set("options", strings.TrimSpace(query.Get("options")+" -csearch_path="+name))
	return withQuery(s.url, query).String(), func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.private != nil && s.private.hasEnded() { // Stop tells why, and removes it all
			return nil
		}
		return s.schemas.drop(name)
	}, nil
}

// Description says what the server is, for the record of a run: without the password.
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

// CPU is the processor time that the server has used so far, in nanoseconds, all its processes together. It is read
// when they are at rest, for which it waits a little. It is not known of a server that is given, which may be
// anywhere, nor on all systems.
func (s *PostgresServer) CPU() (ns int64, known bool) {
	if s.private == nil {
		return 0, false
	}
	return s.private.nsAtRest(s.private.process.PID())
}

// Stop ends and removes the server, if it is a private one. The error says also if that had ended by itself before.
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
