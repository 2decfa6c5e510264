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

// Embedded is the kind of database that is a part of the program.
const Embedded = "sqlite"

// Options are the servers that programs need: a database for their data, and a directory of users.
type Options struct {
	Database string
	TLS      bool
	Socket   bool
	Users    string // the directory that knows users
}

// Directories that know users, for programs that ask one.
const (
	InMemory = "memory" // one of ours, in a process of its own
	Slapd    = "slapd"
)

// DirectoryCommand is the (hidden) command of forktax that serves the directory in memory.
const DirectoryCommand = "directory"

// A DataServer keeps the data of programs.
type DataServer interface {
	subject.Database
	Description(ctx context.Context) (*record.Database, error)
	Stop() error
}

// Validate returns an error of the first option that is invalid.
func (o *Options) Validate() error {
	switch {
	case o.Database != Embedded && o.Database != subject.Postgres && o.url() == "":
		scheme, _, _ := strings.Cut(o.Database, ":") // what follows may hold a password
		return subject.InvalidOption("database", "%q is unknown; there are %s, %s, and URLs such as postgres://user@host/database", scheme,
			Embedded, subject.Postgres)
	case o.TLS && o.Database != subject.Postgres:
		return subject.InvalidOption("database-tls", "is for the server that --database postgres starts; yours has sslmode in its URL")
	case o.Socket && o.Database != subject.Postgres:
		return subject.InvalidOption("database-socket", "is for the server that --database postgres starts; yours has host in its URL")
	case o.Users != InMemory && o.Users != Slapd:
		return subject.InvalidOption("directory", "%q is unknown; there are %s and %s", o.Users, InMemory, Slapd)
	case o.TLS && o.Socket:
		return subject.InvalidOption("database-tls", "is for TCP: leave out --database-socket")
	}
	return nil
}

// url is that of the server that is given, if one is.
func (o *Options) url() string {
	if strings.HasPrefix(o.Database, "postgres://") || strings.HasPrefix(o.Database, "postgresql://") {
		return o.Database
	}
	return ""
}

// Kind is the kind of database server that there will be; "" if there is none.
func (o *Options) Kind() string {
	if o.Database == Embedded {
		return ""
	}
	return subject.Postgres
}

// Finder returns a finder of the programs that keep their data in the database. Messages go to log.
func (o *Options) Finder(log io.Writer) *subject.Finder {
	f := subject.NewFinder(log)
	f.Database = o.Kind()
	return f
}

// Suits returns an error if a program keeps its data elsewhere.
func (o *Options) Suits(l *subject.Launcher) error {
	for _, s := range subject.ServedBy(l.Programs, l.Variants) {
		switch wanted := cmp.Or(o.Kind(), Embedded); {
		case s.Database == "" || s.Database == wanted || s.Database == subject.LDAP:
		case wanted == Embedded:
			return subject.InvalidOption("database", "%s is not where %s keeps its data: give --database %s", wanted, s.Path, s.Database)
		default:
			return subject.InvalidOption("database", "%s is not where %s keeps its data, and there is no %[2]s-%[1]s", wanted, s.Path)
		}
	}
	return nil
}

// Start starts the servers that the programs need, or connects to the one that is given, and has the launcher know
// them. Of two, s is the database. Stop ends them.
func (o *Options) Start(ctx context.Context, l *subject.Launcher, stderr io.Writer) (s DataServer,
	stop func() error, err error) {
	stop = func() error { return nil }
	for _, kind := range []string{subject.LDAP, subject.Postgres} {
		if !slices.ContainsFunc(subject.ServedBy(l.Programs, l.Variants), func(s subject.Served) bool { return s.Database == kind }) {
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

// StartOne starts the server of one kind, or connects to it.
func (o *Options) StartOne(ctx context.Context, kind string, l *subject.Launcher, stderr io.Writer) (DataServer, error) {
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
