package main

import (
	"context"
	"net/url"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"forktax/bench/servers"
	"forktax/bench/subject"
)

var _ subject.Database = (*servers.PostgresServer)(nil)

// A givenServer is the server that a script has started. Its type is the key of the server among the values of the
// script.
type givenServer struct{ *servers.PostgresServer }

// stop stops the server, unless it is stopped already.
func (s *givenServer) stop() (err error) {
	if s.PostgresServer != nil {
		err = s.Stop()
	}
	s.PostgresServer = nil
	return err
}

// postgres is a script command. It starts a server for this number of connections, and sets SERVER to its URL,
// ADDRESS to its host and port, and PASSWORD to its password. "postgres stop", or the end of the script, stops it.
func postgres(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(givenServer{}).(*givenServer)
	if args[0] == "stop" {
		ts.Check(s.stop())
		return
	}
	connections, err := strconv.Atoi(args[0])
	ts.Check(err)
	s.PostgresServer, err = servers.Postgres{Connections: connections}.Start(context.Background())
	ts.Check(err)
	ts.Defer(func() { s.stop() })
	place, remove, err := s.Provision(context.Background())
	ts.Check(err)
	ts.Check(remove())
	u, err := url.Parse(place)
	ts.Check(err)
	u.RawQuery = "sslmode=disable" // without the schema of the place, which is removed
	password, _ := u.User.Password()
	ts.Setenv("SERVER", u.String())
	ts.Setenv("ADDRESS", u.Host)
	ts.Setenv("PASSWORD", password)
}

// schemas is a script command. It fails if the server in SERVER does not have this number of forktax schemas.
func schemas(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, ts.Getenv("SERVER"))
	ts.Check(err)
	defer c.Close(ctx)
	var n int
	ts.Check(c.QueryRow(ctx, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'forktax%'").Scan(&n))
	if strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d schemas are in the server, want %s", n, args[0])
	}
}
