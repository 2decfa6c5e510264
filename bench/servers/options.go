package servers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"forktax/bench/record"
	"forktax/bench/subject"
)

// Embedded is the kind of a database that is part of the program.
const Embedded = "sqlite"

// Options describe the servers that programs need: a database for their data, and an LDAP server with users.
type Options struct {
	Database string // Embedded, subject.Postgres, or the URL of a PostgreSQL server
	TLS      bool   // use TLS, for a PostgreSQL server that is started
	Socket   bool   // use a Unix socket, for a PostgreSQL server that is started
	Users    string // LDAP server with users: InMemory or Slapd
}

// LDAP servers, for programs that authenticate users.
const (
	InMemory = "memory" // forktax's own, in a process of its own
	Slapd    = "slapd"
)

// DirectoryCommand is the hidden command of forktax that serves an LDAP directory in memory.
const DirectoryCommand = "directory"

// A DataServer keeps the data of programs.
type DataServer interface {
	subject.Database
	Description(ctx context.Context) (*record.Database, error)
	Stop() error
}

// Validate returns an error for the first invalid option.
func (o *Options) Validate() error {
	switch {
	case o.Database != Embedded && o.Database != subject.Postgres && o.url() == "":
		scheme, _, _ := strings.Cut(o.Database, ":") // the rest may hold a password
		return subject.InvalidOption("database", "%q is unknown: use %s, %s, or a URL such as "+
			"postgres://user@host/database", scheme, Embedded, subject.Postgres)
	case o.TLS && o.Database != subject.Postgres:
		return subject.InvalidOption("database-tls", "requires --database postgres; for a given server, set sslmode in its "+
			"URL")
	case o.Socket && o.Database != subject.Postgres:
		return subject.InvalidOption("database-socket", "requires --database postgres; for a given server, set host in its "+
			"URL")
	case o.Users != InMemory && o.Users != Slapd:
		return subject.InvalidOption("directory", "%q is unknown: use %s or %s", o.Users, InMemory, Slapd)
	case o.TLS && o.Socket:
		return subject.InvalidOption("database-tls", "cannot be combined with --database-socket: TLS needs TCP")
	}
	return nil
}

// url returns the URL of the given server; "" if no server is given.
func (o *Options) url() string {
	if strings.HasPrefix(o.Database, "postgres://") || strings.HasPrefix(o.Database, "postgresql://") {
		return o.Database
	}
	return ""
}

// Kind returns the kind of the database server; "" if there is none.
func (o *Options) Kind() string {
	if o.Database == Embedded {
		return ""
	}
	return subject.Postgres
}

// Finder returns a Finder of the programs that keep their data in the database. It writes messages to log.
func (o *Options) Finder(log io.Writer) *subject.Finder {
	f := subject.NewFinder(log)
	f.Database = o.Kind()
	return f
}

// Suits returns an error if a program of the launcher keeps its data in another kind of database, or if none keeps data
// although a database is given.
func (o *Options) Suits(l *subject.Launcher) error {
	served := subject.ServedBy(l.Programs, l.Variants)
	if o.Kind() != "" && !slices.ContainsFunc(served, func(s subject.Served) bool {
		return s.Database != "" && s.Database != subject.LDAP
	}) {
		return subject.InvalidOption("database", "applies to workloads that keep data, and none of them is measured: a CGI "+
			"program or a server finds its database by itself, by variables that --env sets")
	}
	for _, s := range served {
		switch wanted := cmp.Or(o.Kind(), Embedded); {
		case s.Database == "" || s.Database == wanted || s.Database == subject.LDAP:
		case wanted == Embedded:
			return subject.InvalidOption("database", "%s is not where %s keeps its data: use --database %s", wanted, s.Path,
				s.Database)
		default:
			return subject.InvalidOption("database", "%s is not where %s keeps its data, and its variant %[2]s-%[1]s does not "+
				"exist: use another --database", wanted, s.Path)
		}
	}
	return nil
}

// Start starts the servers that the programs need, or connects to the given one, and adds them to l.Databases. If there
// are two, s is the database. Stop ends them.
func (o *Options) Start(ctx context.Context, l *subject.Launcher, stderr io.Writer) (s DataServer,
	stop func() error, err error) {
	stop = func() error { return nil }
	for _, kind := range []string{subject.LDAP, subject.Postgres} {
		needed := func(s subject.Served) bool { return s.Database == kind }
		if !slices.ContainsFunc(subject.ServedBy(l.Programs, l.Variants), needed) {
			continue
		}
		next, err := o.StartOne(ctx, kind, l, stderr)
		if err != nil {
			return nil, nil, errors.Join(err, stop())
		}
		before := stop
		stop = func() error { return errors.Join(next.Stop(), before()) }
		if l.Databases == nil {
			l.Databases = map[string]subject.Database{}
		}
		l.Databases[kind], s = next, next
	}
	return s, stop, nil
}

// StartOne starts the server of one kind, or connects to the given one.
func (o *Options) StartOne(ctx context.Context, kind string, l *subject.Launcher, stderr io.Writer) (DataServer,
	error) {
	if kind == subject.LDAP {
		d := LDAP{StartFunc: l.StartFunc}
		if o.Users == InMemory {
			d.Command = []string{l.Exporter, DirectoryCommand}
		}
		fmt.Fprintf(stderr, "starting an LDAP server (%s)\n", o.Users)
		return d.Start(ctx)
	}
	if o.url() == "" {
		fmt.Fprintln(stderr, "starting a PostgreSQL server")
	}
	return Postgres{URL: o.url(), TLS: o.TLS, Socket: o.Socket, StartFunc: l.StartFunc}.Start(ctx)
}
