package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"forktax/bench/program"
	"forktax/bench/stack"
)

// embedded is the kind of database that is a part of the program, and needs nothing of us.
const embedded = "sqlite"

// databaseOptions say which database keeps the data of programs that have any.
type databaseOptions struct {
	Database string
	TLS      bool
	Socket   bool
}

func (o *databaseOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.Database, "database", cmp.Or(o.Database, embedded),
		"what keeps the data: sqlite; postgres, a server for this run alone; or postgres://user@host/database, yours")
	f.BoolVar(&o.TLS, "database-tls", o.TLS, "the server of --database postgres is connected to by TLS")
	f.BoolVar(&o.Socket, "database-socket", o.Socket, "it is connected to by a Unix socket, in place of TCP")
}

func (o *databaseOptions) check() error {
	switch {
	case o.Database != embedded && o.Database != program.Postgres && o.url() == "":
		scheme, _, _ := strings.Cut(o.Database, ":") // what follows may hold a password
		return mistaken("database", "%q is unknown; there are %s, %s, and URLs such as postgres://user@host/database", scheme,
			embedded, program.Postgres)
	case o.TLS && o.Database != program.Postgres:
		return mistaken("database-tls", "is for the server that --database postgres starts; yours has sslmode in its URL")
	case o.Socket && o.Database != program.Postgres:
		return mistaken("database-socket", "is for the server that --database postgres starts; yours has host in its URL")
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
	return program.Postgres
}

// finder finds the programs that keep their data in it.
func (o *databaseOptions) finder(stderr io.Writer) *program.Finder {
	f := program.NewFinder(stderr)
	f.Database = o.server()
	return f
}

// suits says whether the programs keep their data where it is wanted. To those that have none it is all the same.
func (o *databaseOptions) suits(l *program.Launcher) error {
	for _, s := range serving(l.Programs, l.Variants) {
		switch wanted := cmp.Or(o.server(), embedded); {
		case s.Database == "" || s.Database == wanted:
		case wanted == embedded:
			return mistaken("database", "%s is not where %s keeps its data: give --database %s", wanted, s.Path, s.Database)
		default:
			return mistaken("database", "%s is not where %s keeps its data, and there is no %[2]s-%[1]s", wanted, s.Path)
		}
	}
	return nil
}

// start starts the server, or connects to the one that is given, if a program needs it, and has the launcher know it.
// Stop ends it.
func (o *databaseOptions) start(ctx context.Context, l *program.Launcher, stderr io.Writer) (s *stack.Server,
	stop func() error, err error) {
	needs := func(s server) bool { return s.Database == program.Postgres }
	if !slices.ContainsFunc(serving(l.Programs, l.Variants), needs) {
		return nil, func() error { return nil }, nil
	}
	if o.url() == "" {
		fmt.Fprintln(stderr, "starting a PostgreSQL server")
	}
	s, err = stack.Postgres{URL: o.url(), TLS: o.TLS, Socket: o.Socket, Elsewhere: l.Elsewhere}.Start(ctx)
	if err != nil {
		return nil, nil, err
	}
	l.Databases = map[string]program.Database{program.Postgres: s}
	return s, s.Stop, nil
}
