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

// patience ends what would otherwise hang a test; nothing is expected to take that long.
const patience = 30 * time.Second

// abandonedVariable has the test binary start a server, say where, and wait to be killed.
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

// ended ends the server when the test does, which must be a good end.
func ended(t *testing.T, s *servers.PostgresServer) *servers.PostgresServer {
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("Stop = %v", err)
		}
	})
	return s
}

// connected connects to the server until the test ends.
func connected(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// asked is what a query gives, of one column and one row.
func asked[T any](t *testing.T, c *pgx.Conn, query string, args ...any) (value T) {
	t.Helper()
	if err := c.QueryRow(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

// eventually waits until check finds nothing wrong.
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

// gone says whether neither the process nor the folder is there.
func gone(pid int, dir string) error {
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		return fmt.Errorf("the folder %s is still there (%v)", dir, err)
	}
	if lives(pid) {
		return fmt.Errorf("the server's process %d is still there", pid)
	}
	return nil
}
