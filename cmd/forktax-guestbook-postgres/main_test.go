//go:build slow

package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"testing"

	"forktax/bench/servers"
	"forktax/bench/testenv"
	"forktax/cmd/forktax-guestbook/book"
	"forktax/cmd/forktax-guestbook/booktest"
	"forktax/workload/contract"
)

func TestMain(m *testing.M) {
	code := booktest.Main(m, guestbook())
	if stopShared != nil {
		if err := stopShared(); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

var stopShared func() error

// shared returns the server for all tests that do not stop it.
var shared = sync.OnceValues(func() (*servers.PostgresServer, error) {
	s, err := servers.Postgres{}.Start(context.Background())
	if err == nil {
		stopShared = s.Stop
	}
	return s, err
})

// started returns s if err is nil. Without PostgreSQL it skips the test, which CI does not allow.
func started(t *testing.T, s *servers.PostgresServer, err error) *servers.PostgresServer {
	t.Helper()
	if errors.Is(err, servers.ErrNoPostgres) {
		testenv.Skip(t, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// freshDatabase creates a database with a guestbook for the test, and returns its URL.
func freshDatabase(t *testing.T, s *servers.PostgresServer) string {
	t.Helper()
	place, remove, err := s.Provision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv(contract.EnvDatabase, place)
	env, err := prepare(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(contract.EnvDatabase, "")
	t.Setenv(book.Variable, env[book.Variable])
	return env[book.Variable]
}

func connected(t *testing.T) *sql.DB {
	t.Helper()
	c, err := connector(os.Getenv(book.Variable))
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() { db.Close() })
	return db
}

var suite = booktest.Suite{
	Workload: guestbook(),
	Fresh: func(t *testing.T) {
		s, err := shared()
		freshDatabase(t, started(t, s, err))
	},
	Database: connected,
	Open: func(t *testing.T) (open int) {
		c, err := connector(os.Getenv(book.Variable))
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(c)
		defer db.Close()
		row := db.QueryRowContext(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		if err := row.Scan(&open); err != nil {
			t.Fatal(err)
		}
		return open
	},
}

func TestGuestbook(t *testing.T) { suite.Run(t) }
