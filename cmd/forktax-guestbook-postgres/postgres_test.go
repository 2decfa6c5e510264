//go:build slow

package main

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"forktax/bench/servers"
	"forktax/cmd/forktax-guestbook/book"
	"forktax/cmd/forktax-guestbook/booktest"
	"forktax/workload/contract"
)

// The guestbook works over TLS and over a Unix socket.
func TestTransports(t *testing.T) {
	for name, p := range map[string]servers.Postgres{"TLS": {TLS: true}, "socket": {Socket: true}} {
		t.Run(name, func(t *testing.T) {
			s, err := p.Start(t.Context())
			started(t, s, err)
			t.Cleanup(func() {
				if err := s.Stop(); err != nil {
					t.Error(err)
				}
			})
			freshDatabase(t, s)
			want := guestbook().Requests[0].Want.Body
			if got := booktest.Ask(suite.Opened(t), "GET", "/entries/4711", "").Body.String(); got != want {
				t.Errorf("GET /entries/4711 = %q, want %q", got, want)
			}
		})
	}
}

// The table waiting does not grow, not even by dead rows.
func TestSigningLeavesNoDeadRows(t *testing.T) {
	suite.Fresh(t)
	handler, db := suite.Opened(t), connected(t)
	size := func() (n int) {
		t.Helper()
		if err := db.QueryRow("SELECT pg_total_relation_size('waiting')").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 200 { // each row is replaced twice
		booktest.Ask(handler, "POST", "/sign", "name=Ada&message=Hello")
	}
	before := size()
	for range 1000 {
		booktest.Ask(handler, "POST", "/sign", "name=Ada&message=Hello")
	}
	if after := size(); after != before {
		t.Errorf("the table has %d bytes before and %d bytes after signing 1000 times, want the same", before, after)
	}
}

// The guestbook connects again after the server has closed the sessions. Without a server the status is 500, and the
// reason is not sent to the client.
func TestServerDown(t *testing.T) {
	s, err := servers.Postgres{}.Start(t.Context())
	started(t, s, err)
	freshDatabase(t, s)
	handler := suite.Opened(t)
	read := func(want int) {
		t.Helper()
		w := booktest.Ask(handler, "GET", "/entries/4711", "")
		if w.Code != want || want != http.StatusOK && strings.Contains(w.Body.String(), "connect") {
			t.Errorf("GET /entries/4711 = %d %q, want %d", w.Code, w.Body, want)
		}
	}
	read(http.StatusOK)
	const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
	if _, err := connected(t).Exec(others); err != nil {
		t.Fatal(err)
	}
	read(http.StatusInternalServerError) // no retry: the statement may have been executed
	read(http.StatusOK)
	if err := s.Stop(); err != nil {
		t.Errorf("Stop = %v", err)
	}
	read(http.StatusInternalServerError)
	read(http.StatusInternalServerError)
}

// The error of opening a guestbook contains the message of the server, but never the password.
func TestServerRefuses(t *testing.T) {
	s, err := shared()
	good := freshDatabase(t, started(t, s, err))
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	const secret = "hush-hush"
	wrong := *u
	wrong.User = url.UserPassword("forktax", secret)
	nowhere := *u
	nowhere.Path, nowhere.User = "/nowhere", u.User
	for name, test := range map[string]struct{ url, want string }{
		"not set":          {"", "GUESTBOOK_DATABASE is not set"},
		"wrong password":   {wrong.String(), `password authentication failed for user "forktax" (SQLSTATE 28P01)`},
		"no such database": {nowhere.String(), `database "nowhere" does not exist (SQLSTATE 3D000)`},
		"invalid URL":      {"postgres://forktax:" + secret + "@127.0.0.1:port/", "GUESTBOOK_DATABASE: cannot parse"},
	} {
		t.Setenv(book.Variable, test.url)
		_, _, err := suite.Connected(t)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: opening = %v, want an error with %q and no password", name, err, test.want)
		}
	}
}

func TestTooManyConnections(t *testing.T) {
	s, err := servers.Postgres{Connections: 5}.Start(t.Context())
	started(t, s, err)
	t.Cleanup(func() { s.Stop() })
	freshDatabase(t, s)
	var refused error
	for range 6 {
		_, shut, err := suite.Connected(t)
		if err != nil {
			refused = err
			break
		}
		defer shut()
	}
	if refused == nil || !strings.Contains(refused.Error(), "sorry, too many clients already (SQLSTATE 53300)") {
		t.Errorf("opening 6 guestbooks on a server for 5 connections = %v, want an error: too many clients", refused)
	}
}

// Existing tables are not replaced, because they may belong to another user.
func TestPrepareFails(t *testing.T) {
	suite.Fresh(t)
	check := func(url, want string) {
		t.Helper()
		t.Setenv(contract.EnvDatabase, url)
		if _, err := prepare(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("prepare = %v, want an error with %q", err, want)
		}
	}
	check(os.Getenv(book.Variable), `relation "entries" already exists (SQLSTATE 42P07)`)
	check("", "FORKTAX_DATABASE is not set")
}
