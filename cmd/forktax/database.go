package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"forktax/bench/record"
	"forktax/bench/servers"
	"forktax/bench/subject"
)

// embedded is the kind of database that is a part of the program, and needs nothing of us.
const embedded = "sqlite"

// databaseOptions say which database keeps the data of programs that have any.
type databaseOptions struct {
	Database string
	TLS      bool
	Socket   bool
	Users    string // the directory that knows users
}

// Directories that know users, for programs that ask one.
const (
	inMemory = "memory" // one of ours, in a process of its own
	slapd    = "slapd"
)

// A databaseServer keeps the data of programs.
type databaseServer interface {
	subject.Database
	Description(ctx context.Context) (*record.Database, error)
	Stop() error
}

func (o *databaseOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.Database, "database", cmp.Or(o.Database, embedded),
		"what keeps the data: sqlite; postgres, a server for this run alone; or postgres://user@host/database, yours")
	f.BoolVar(&o.TLS, "database-tls", o.TLS, "the server of --database postgres is connected to by TLS")
	f.BoolVar(&o.Socket, "database-socket", o.Socket, "it is connected to by a Unix socket, in place of TCP")
	f.StringVar(&o.Users, "directory", cmp.Or(o.Users, inMemory), "the LDAP server that knows the users of members: memory, or slapd")
}

func (o *databaseOptions) check() error {
	switch {
	case o.Database != embedded && o.Database != subject.Postgres && o.url() == "":
		scheme, _, _ := strings.Cut(o.Database, ":") // what follows may hold a password
		return mistaken("database", "%q is unknown; there are %s, %s, and URLs such as postgres://user@host/database", scheme,
			embedded, subject.Postgres)
	case o.TLS && o.Database != subject.Postgres:
		return mistaken("database-tls", "is for the server that --database postgres starts; yours has sslmode in its URL")
	case o.Socket && o.Database != subject.Postgres:
		return mistaken("database-socket", "is for the server that --database postgres starts; yours has host in its URL")
	case o.Users != inMemory && o.Users != slapd:
		return mistaken("directory", "%q is unknown; there are %s and %s", o.Users, inMemory, slapd)
	case o.TLS && o.Socket:
		return mistaken("database-tls", "is for TCP: leave out --database-socket")
	}
	return nil
}

// url is that of the server that is given, if one is.
func (o *databaseOptions) url() string {
	if strings.HasPrefix(o.Database, "postgres://") || strings.HasPrefix(o.Database, "postgresql://") {
		return o.Database
	}
	return ""
}

// server is the kind of database server that there will be, if any.
func (o *databaseOptions) server() string {
	if o.Database == embedded {
		return ""
	}
	return subject.Postgres
}

// finder finds the programs that keep their data in it.
func (o *databaseOptions) finder(stderr io.Writer) *subject.Finder {
	f := subject.NewFinder(stderr)
	f.Database = o.server()
	return f
}

// suits says whether the programs keep their data where it is wanted. To those that have none it is all the same.
func (o *databaseOptions) suits(l *subject.Launcher) error {
	for _, s := range serving(l.Programs, l.Variants) {
		switch wanted := cmp.Or(o.server(), embedded); {
		case s.Database == "" || s.Database == wanted || s.Database == subject.Directory:
		case wanted == embedded:
			return mistaken("database", "%s is not where %s keeps its data: give --database %s", wanted, s.Path, s.Database)
		default:
			return mistaken("database", "%s is not where %s keeps its data, and there is no %[2]s-%[1]s", wanted, s.Path)
		}
	}
	return nil
}

// start starts the servers that the programs need, or connects to the one that is given, and has the launcher know them. Of
// two, s is the database. Stop ends them.
func (o *databaseOptions) start(ctx context.Context, l *subject.Launcher, stderr io.Writer) (s databaseServer,
	stop func() error, err error) {
	stop = func() error { return nil }
	for _, kind := range []string{subject.Directory, subject.Postgres} {
		if !slices.ContainsFunc(serving(l.Programs, l.Variants), func(s server) bool { return s.Database == kind }) {
			continue
		}
		next, err := o.startOne(ctx, kind, l, stderr)
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

func (o *databaseOptions) startOne(ctx context.Context, kind string, l *subject.Launcher, stderr io.Writer) (databaseServer, error) {
	if kind == subject.Directory {
		d := servers.Directory{Elsewhere: l.Elsewhere}
		if o.Users == inMemory {
			d.Command = []string{ownPath(), directoryCommandName}
		}
		fmt.Fprintf(stderr, "starting an LDAP server (%s)\n", o.Users)
		return d.Start(ctx)
	}
	if o.url() == "" {
		fmt.Fprintln(stderr, "starting a PostgreSQL server")
	}
	return servers.Postgres{URL: o.url(), TLS: o.TLS, Socket: o.Socket, Elsewhere: l.Elsewhere}.Start(ctx)
}
