package main

import (
	"cmp"

	"github.com/spf13/pflag"

	"forktax/bench/servers"
)

// databaseFlags adds the flags of the servers that programs need.
func databaseFlags(o *servers.Options, f *pflag.FlagSet) {
	f.StringVar(&o.Database, "database", cmp.Or(o.Database, servers.Embedded),
		"database: sqlite; postgres (a server started for this run); or the URL of your server, "+
			"postgres://user@host/database")
	f.BoolVar(&o.TLS, "database-tls", o.TLS, "connect to --database postgres by TLS")
	f.BoolVar(&o.Socket, "database-socket", o.Socket, "connect to --database postgres by a Unix socket instead of TCP")
	f.StringVar(&o.Users, "directory", cmp.Or(o.Users, servers.InMemory),
		"LDAP server with the users of the workload members: memory or slapd")
}
