//go:build slow

package servers_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"forktax/bench/servers"
)

// The CPU time of a session counts while it runs and after it has ended.
func TestCPU(t *testing.T) {
	s := ended(t, started(t, servers.Postgres{}))
	c, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	cpu := func() time.Duration {
		t.Helper()
		ns, known := s.CPU()
		if !known {
			t.Fatal("the CPU of a private server is not known")
		}
		return time.Duration(ns)
	}
	before := cpu()
	begin := time.Now()
	if _, err := c.Exec(t.Context(), "SELECT count(*) FROM generate_series(1, 1000000)"); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	living := cpu() - before
	if living <= time.Millisecond || living > 2*took {
		t.Errorf("a query of %v used %v of CPU time", took, living)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	const cutOff = 20 * time.Millisecond // two of the kernel's ticks
	if ended := cpu() - before; ended < living-cutOff || ended > living+took+time.Second {
		t.Errorf("the session used %v until it was closed, and %v after that", living, ended)
	}
}
