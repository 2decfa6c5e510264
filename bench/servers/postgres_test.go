//go:build slow

package servers_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"forktax/bench/servers"
	"forktax/bench/testenv"
)

// lives reports whether the process exists and is not a zombie.
func lives(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil { // no such process, or no /proc
		return syscall.Kill(pid, 0) == nil
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func TestPrivateServer(t *testing.T) {
	s := started(t, servers.Postgres{})
	one, remove, err := s.Provision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	two, _, err := s.Provision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, place := range []string{one, two} { // the same table name in each schema
		if _, err := connected(t, place).Exec(t.Context(), fmt.Sprintf("CREATE TABLE t AS SELECT %d AS n", i)); err != nil {
			t.Errorf("creating a table in schema %d: %v", i, err)
		}
	}
	if got := asked[int](t, connected(t, two), "SELECT n FROM t"); got != 1 {
		t.Errorf("the table in schema 1 has %d, want 1", got)
	}
	if err := remove(); err != nil {
		t.Errorf("remove = %v", err)
	}
	if left := asked[int](t, connected(t, two), "SELECT count(*) FROM pg_class WHERE relname = 't'"); left != 1 {
		t.Errorf("%d tables after one schema was removed, want 1", left)
	}

	d, err := s.Description(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d.Kind != "postgres" || !d.Private || d.Version == "" || d.Settings["fsync"] != "on" ||
		d.Settings["synchronous_commit"] != "off" || d.Settings["max_connections"] != "100" {
		t.Errorf("Description = %+v", d)
	}
	secret, _ := pgx.ParseConfig(s.URL())
	if strings.Contains(d.URL, secret.Password) || !strings.Contains(s.URL(), secret.Password) {
		t.Errorf("Description has the URL %s, want one without the password", d.URL)
	}
	const methods = "SELECT string_agg(auth_method, ',') FROM pg_hba_file_rules"
	if method := asked[string](t, connected(t, one), methods); method != "scram-sha-256" {
		t.Errorf("the authentication method is %s, want scram-sha-256", method)
	}
	if os.Geteuid() == 0 {
		info, err := os.Stat(s.Dir())
		if err != nil || info.Sys().(*syscall.Stat_t).Uid == 0 {
			t.Errorf("root owns the server's directory (%v), want an unprivileged user", err)
		}
	}
	if err := s.Stop(); err != nil {
		t.Errorf("Stop = %v", err)
	}
	if err := gone(s.Postmaster(), s.Dir()); err != nil {
		t.Errorf("after Stop %v", err)
	}
}

func TestTLS(t *testing.T) {
	s := ended(t, started(t, servers.Postgres{TLS: true}))
	if !asked[bool](t, connected(t, s.URL()), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") {
		t.Error("the connection is not encrypted")
	}
	trusting := strings.NewReplacer("verify-full", "disable").Replace(s.URL())
	if _, err := pgx.Connect(t.Context(), trusting); err == nil || !strings.Contains(err.Error(), "no encryption") {
		t.Errorf("connecting without TLS = %v, want that the server refuses", err)
	}
	config, err := pgx.ParseConfig("postgres://x@127.0.0.1/x?sslmode=verify-full") // trusts the machine's certificates
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := pgx.ParseConfig(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	stranger.TLSConfig = config.TLSConfig
	if _, err := pgx.ConnectConfig(t.Context(), stranger); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("connecting without its certificate = %v, want an error about the certificate", err)
	}
}

func TestSocket(t *testing.T) {
	s := ended(t, started(t, servers.Postgres{Socket: true}))
	place, _, err := s.Provision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := connected(t, place)
	if got := asked[*string](t, c, "SELECT inet_client_addr()::text"); got != nil {
		t.Errorf("the client's address is %s, want a Unix socket", *got)
	}
	if got := asked[string](t, c, "SHOW listen_addresses"); got != "" {
		t.Errorf("the server also listens on %s", got)
	}
}

// A harness that is killed leaves neither a process nor a file, whether its server was ready or not.
func TestKilled(t *testing.T) {
	if err := servers.PostgresInstalled(); err != nil {
		testenv.Skip(t, err)
	}
	for name, ready := range map[string]bool{"ready": true, "while it starts": false} {
		t.Run(name, func(t *testing.T) {
			if !ready && runtime.GOOS != "linux" {
				t.Skip("only Linux lists the children of a process")
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), abandonedVariable+"=1")
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var pid int
			var dir string
			if ready {
				_, err = fmt.Fscan(out, &pid, &dir)
			} else {
				eventually(t, func() (err error) { dir, pid, err = beingStarted(cmd.Process.Pid); return err })
			}
			if err != nil || !lives(pid) {
				t.Fatalf("the harness has the server process %d in %q, %v", pid, dir, err)
			}
			cmd.Process.Kill()
			cmd.Wait()
			eventually(t, func() error { return gone(pid, dir) })
			time.Sleep(time.Second) // initdb may have been about to make another directory
			eventually(t, func() error { return gone(pid, dir) })
		})
	}
}

// beingStarted returns the directory in which a child of the process runs initdb, and the PID of the child.
func beingStarted(parent int) (dir string, pid int, err error) {
	var children []byte
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	for _, thread := range threads {
		more, _ := os.ReadFile(thread)
		children = append(append(children, ' '), more...)
	}
	for _, child := range strings.Fields(string(children)) {
		line, _ := os.ReadFile("/proc/" + child + "/cmdline")
		if _, after, found := strings.Cut(string(line), "--pgdata="); found {
			dir, _, _ := strings.Cut(after, "/data")
			fmt.Sscan(child, &pid)
			return dir, pid, nil
		}
	}
	return "", 0, errors.New("initdb is not running")
}

func TestTooManyConnections(t *testing.T) {
	s := ended(t, started(t, servers.Postgres{Connections: 6}))
	var refused *pgconn.PgError
	for range 10 {
		c, err := pgx.Connect(t.Context(), s.URL())
		if errors.As(err, &refused) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(t.Context())
	}
	if refused == nil || refused.Code != "53300" {
		t.Errorf("connecting ten times to a server for 6 = %v, want SQLSTATE 53300", refused)
	}
}

// Stop reports that a server has died, and removes its files.
func TestServerDies(t *testing.T) {
	s := started(t, servers.Postgres{})
	_, remove, err := s.Provision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(s.Postmaster(), syscall.SIGQUIT); err != nil { // SIGKILL would leave shared memory
		t.Fatal(err)
	}
	eventually(t, func() error {
		if lives(s.Postmaster()) {
			return errors.New("the server is still running")
		}
		return nil
	})
	time.Sleep(time.Second) // by then its output is closed
	if err := remove(); err != nil {
		t.Errorf("remove = %v, want nil: Stop reports that the server died", err)
	}
	if _, known := s.CPU(); known {
		t.Error("CPU of a dead server is known, want unknown")
	}
	err = s.Stop()
	if err == nil || !strings.Contains(err.Error(), "the PostgreSQL server of this run ended: it ended") ||
		!strings.Contains(err.Error(), "received immediate shutdown request") {
		t.Errorf("Stop = %v, want how it ended, with its log", err)
	}
	if err := gone(s.Postmaster(), s.Dir()); err != nil {
		t.Errorf("after Stop %v", err)
	}
}
