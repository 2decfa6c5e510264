package main

import (
	"cmp"

	"github.com/spf13/pflag"

	"forktax/bench/servers"
)

// databaseFlags offers the servers that programs need as flags.
func databaseFlags(o *servers.Options, f *pflag.FlagSet) {
	f.StringVar(&o.Database, "database", cmp.Or(o.Database, servers.Embedded),
		"what keeps the data: sqlite; postgres, a server for this run alone; or postgres://user@host/database, yours")
	f.BoolVar(&o.TLS, "database-tls", o.TLS, "the server of --database postgres is connected to by TLS")
	f.BoolVar(&o.Socket, "database-socket", o.Socket, "it is connected to by a Unix socket, in place of TCP")
	f.StringVar(&o.Users, "directory", cmp.Or(o.Users, servers.InMemory), "the LDAP server that knows the users of members: memory, or slapd")
}
