//go:build slow

package servers_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"forktax/bench/servers"
	"forktax/bench/testenv"
)

// patience is the time after which a test fails instead of waiting for ever. Nothing should take that long.
const patience = 30 * time.Second

// abandonedVariable makes the test binary start a server, print its PID and directory, and wait to be killed.
const abandonedVariable = "STACK_ABANDONED"

func TestMain(m *testing.M) {
	if os.Getenv(abandonedVariable) == "" {
		os.Exit(m.Run())
	}
	s, err := servers.Postgres{}.Start(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.Postmaster(), s.Dir())
	time.Sleep(time.Hour)
}

// started starts a server for the test. Without PostgreSQL the test is skipped, which CI does not allow.
func started(t *testing.T, p servers.Postgres) *servers.PostgresServer {
	t.Helper()
	s, err := p.Start(t.Context())
	if errors.Is(err, servers.ErrNoPostgres) {
		testenv.Skip(t, err)
	}
	if err != nil {
		t.Fatalf("Start(%+v) = %v", p, err)
	}
	return s
}

// ended stops the server at the end of the test, which must succeed.
func ended(t *testing.T, s *servers.PostgresServer) *servers.PostgresServer {
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("Stop = %v", err)
		}
	})
	return s
}

// connected returns a connection to the server that is closed at the end of the test.
func connected(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// asked returns the value of a query with one row of one column.
func asked[T any](t *testing.T, c *pgx.Conn, query string, args ...any) (value T) {
	t.Helper()
	if err := c.QueryRow(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// eventually waits until check returns nil.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// gone returns an error if the process or the directory still exists.
func gone(pid int, dir string) error {
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		return fmt.Errorf("the directory %s still exists (%v)", dir, err)
	}
	if lives(pid) {
		return fmt.Errorf("the server's process %d still exists", pid)
	}
	return nil
}
