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

// givenServer is the server that a script has started. It is in the script's values by its type.
type givenServer struct{ *servers.PostgresServer }

// stop stops it, unless that was done.
func (s *givenServer) stop() (err error) {
	if s.PostgresServer != nil {
		err = s.Stop()
	}
	s.PostgresServer = nil
	return err
}

// postgres starts a server for that number of connections, which a script can pass to the command: its URL is in
// SERVER, its password alone in PASSWORD. It ends with the script, or on "postgres stop".
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
	u.RawQuery = "sslmode=disable" // and not the schema of the place
	password, _ := u.User.Password()
	ts.Setenv("SERVER", u.String())
	ts.Setenv("ADDRESS", u.Host)
	ts.Setenv("PASSWORD", password)
}

// schemas fails if the server in SERVER does not have that number of forktax schemas.
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
