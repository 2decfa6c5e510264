//go:build slow

package servers_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"forktax/bench/servers"
)

// A given server gets a schema for each target, and none is left after the run.
func TestGivenServer(t *testing.T) {
	given := ended(t, started(t, servers.Postgres{}))
	c := connected(t, given.URL())
	ours := func() []string {
		t.Helper()
		rows, _ := c.Query(t.Context(), "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'forktax%' ORDER BY 1")
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	if _, err := c.Exec(t.Context(), "CREATE SCHEMA forktax_mine"); err != nil { // a name like the schemas of a run
		t.Fatal(err)
	}
	first := started(t, servers.Postgres{URL: given.URL()})
	place, remove, err := first.Provision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	schema := asked[string](t, connected(t, place), "SELECT current_schema()")
	if len(ours()) != 2 || ours()[0] != schema {
		t.Errorf("the target has the schema %s; the server has %q", schema, ours())
	}
	if _, known := first.CPU(); known {
		t.Error("CPU of a given server is known, want unknown: it may be on another machine")
	}
	if d, err := first.Description(t.Context()); err != nil || d.Private {
		t.Errorf("Description = %+v, %v", d, err)
	}

	// A concurrent run keeps the schemas of the first run.
	second := started(t, servers.Postgres{URL: given.URL()})
	if _, _, err := second.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(ours()); got != 3 {
		t.Errorf("the server has the schemas %q, want three", ours())
	}
	if err := remove(); err != nil {
		t.Errorf("remove = %v", err)
	}
	if err := first.Stop(); err != nil {
		t.Errorf("Stop = %v", err)
	}

	// The second run is killed. The next run drops its schemas.
	second.Abandon()
	if err := started(t, servers.Postgres{URL: given.URL()}).Stop(); err != nil {
		t.Errorf("Stop = %v", err)
	}
	if diff := cmp.Diff([]string{"forktax_mine"}, ours()); diff != "" {
		t.Errorf("remaining schemas (-want +got):\n%s", diff)
	}
}

// A session that the server has ended is reopened.
func TestGivenServerEndsTheSession(t *testing.T) {
	given := ended(t, started(t, servers.Postgres{}))
	s := ended(t, started(t, servers.Postgres{URL: given.URL()}))
	_, remove, err := s.Provision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const others = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`
	if n := asked[int](t, connected(t, given.URL()), others); n < 2 {
		t.Errorf("%d sessions were ended, want two", n)
	}
	if err := remove(); err != nil {
		t.Errorf("remove = %v", err)
	}
}

func TestGivenServerIsCompleted(t *testing.T) {
	given := ended(t, started(t, servers.Postgres{}))
	u, err := url.Parse(given.URL())
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	t.Setenv("PGPASSWORD", secret)
	t.Setenv("PGUSER", u.User.Username())
	t.Setenv("PGPORT", u.Port())
	t.Setenv("PGDATABASE", "postgres")
	s := ended(t, started(t, servers.Postgres{URL: "postgres://127.0.0.1/?sslmode=disable&options=-cwork_mem%3D1234kB"}))
	for _, name := range []string{"PGPASSWORD", "PGUSER", "PGPORT", "PGDATABASE"} { // a CGI child has none of them
		t.Setenv(name, "")
	}
	place, _, err := s.Provision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := connected(t, place)
	if got := asked[string](t, c, "SHOW work_mem"); got != "1234kB" {
		t.Errorf("work_mem is %s, want 1234kB as in the URL", got)
	}
	if got := asked[string](t, c, "SHOW search_path"); !strings.HasPrefix(got, "forktax_") {
		t.Errorf("search_path is %s, want forktax_...", got)
	}
}

// The error for a server that cannot be used includes the server's own message, but never the password.
func TestGivenServerRefuses(t *testing.T) {
	given := ended(t, started(t, servers.Postgres{}))
	good, err := url.Parse(given.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := connected(t, given.URL())
	if _, err := c.Exec(t.Context(), "CREATE ROLE guest LOGIN PASSWORD 'hush-hush'"); err != nil {
		t.Fatal(err)
	}
	const secret = "hush-hush"
	for name, test := range map[string]struct {
		change func(u *url.URL)
		want   string
	}{
		"wrong password": {func(u *url.URL) { u.User = url.UserPassword("forktax", secret) },
			`password authentication failed for user "forktax" (SQLSTATE 28P01)`},
		"no such database": {func(u *url.URL) { u.Path = "/nowhere" }, `database "nowhere" does not exist (SQLSTATE 3D000)`},
		"no server":        {func(u *url.URL) { u.Host = "127.0.0.1:1" }, "connection refused"},
		"no right to make schemas": {func(u *url.URL) { u.User = url.UserPassword("guest", secret) },
			"permission denied for database postgres (SQLSTATE 42501)"},
		"no URL": {func(u *url.URL) { u.User, u.RawQuery = url.UserPassword("forktax", secret), "sslmode=sometimes" },
			"database URL: "},
	} {
		t.Run(name, func(t *testing.T) {
			u := *good
			test.change(&u)
			s, err := servers.Postgres{URL: u.String()}.Start(t.Context())
			if err == nil {
				_, _, err = s.Provision(t.Context())
				s.Stop()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("Start and Provision = %v, want an error with %q and no password", err, test.want)
			}
		})
	}
}
