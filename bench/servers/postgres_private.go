package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"forktax/bench/process"
	"forktax/bench/units"
)

// A privatePostgres is a private PostgreSQL server, with all its files in a directory of its own.
type privatePostgres struct {
	*serverDir
	process  *process.Process
	url      *url.URL
	endError error // the reason, if the server ended by itself
	removed  bool
}

// Limits of the server's start and stop.
const (
	readyLimit   = time.Minute      // limit on initdb and the server's start together
	stopLimit    = 20 * time.Second // limit on the server's end, with its data written to the disk
	portAttempts = 3                // attempts to start on a free port
)

// postgresRole is the role of the only user. It is a superuser: a private server has no data to protect from it.
const postgresRole = "forktax"

// postgresConf has the settings that differ from PostgreSQL's defaults. Commits do not wait for the disk. SQLite's WAL
// with synchronous=NORMAL gives the same guarantee, so neither database waits for a disk where the other does not.
// Everything is written to the disk in order (fsync is on); a crash of the machine loses at most the last commits.
const postgresConf = `
listen_addresses = '{{if not .Socket}}127.0.0.1{{end}}'
port = {{.Port}}
unix_socket_directories = '{{if .Socket}}{{.Dir}}{{end}}'
synchronous_commit = off
timezone = 'UTC'
log_line_prefix = ''
{{if .Connections}}max_connections = {{.Connections}}
{{end}}{{if .TLS}}ssl = on
ssl_cert_file = '{{.Dir}}/server.crt'
ssl_key_file = '{{.Dir}}/server.key'
{{end}}`

// startPrivatePostgres makes a database cluster and starts its server.
func startPrivatePostgres(ctx context.Context, p Postgres) (c *privatePostgres, err error) {
	programs, err := postgresDir(debianDirs)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit,
		fmt.Errorf("it was not ready within %s", units.Span(readyLimit)))
	defer cancel()
	c = &privatePostgres{}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.remove())
		}
	}()
	if c.serverDir, err = newServerDir("postgres", "postgres"); err != nil {
		return c, err
	}
	password := rand.Text()
	if err := c.initialize(ctx, programs, password); err != nil {
		return c, err
	}
	if p.TLS {
		if err := c.makeCertificate(); err != nil {
			return c, err
		}
	}
	for range portAttempts {
		if err = c.serve(ctx, programs, p, password); err == nil || !strings.Contains(err.Error(), "Address already in use") {
			break
		}
		c.process = nil // another process took the port in the meantime
	}
	return c, err
}

func (c *privatePostgres) data() string { return filepath.Join(c.dir, "data") }

func (c *privatePostgres) initialize(ctx context.Context, programs, password string) error {
	file := filepath.Join(c.dir, "password")
	if err := c.runAs.writeFile(file, []byte(password+"\n")); err != nil {
		return err
	}
	_, err := process.Output(ctx, readyLimit, c.command(filepath.Join(programs, "initdb"), "--pgdata="+c.data(),
		"--username="+postgresRole, "--pwfile="+file, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"))
	if err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	return os.Remove(file)
}

// serve starts the server and waits until it accepts connections.
func (c *privatePostgres) serve(ctx context.Context, programs string, p Postgres, password string) error {
	port, err := process.FreePort()
	if err != nil {
		return err
	}
	config, err := expandTemplate(postgresConf, map[string]any{"Dir": c.dir, "Port": port, "Socket": p.Socket,
		"TLS": p.TLS, "Connections": p.Connections})
	if err != nil {
		return err
	}
	from := map[bool]string{false: "host all all 127.0.0.1/32", true: "hostssl all all 127.0.0.1/32"}[p.TLS]
	if p.Socket {
		from = "local all all"
	}
	err = errors.Join(c.runAs.writeFile(filepath.Join(c.data(), "postgresql.conf"), []byte(config)),
		c.runAs.writeFile(filepath.Join(c.data(), "pg_hba.conf"), []byte(from+" scram-sha-256\n")))
	if err != nil {
		return err
	}
	c.url = c.address(p, port, password)
	cmd := c.command(filepath.Join(programs, "postgres"), "-D", c.data())
	if c.process, err = c.start(cmd, p.StartFunc); err != nil {
		return err
	}
	c.process.StopSignal = syscall.SIGINT // with SIGTERM it would wait for its clients to leave
	c.watchdog.watch(c.process.PID())
	return c.waitReady(ctx)
}

// address returns the URL of the server.
func (c *privatePostgres) address(p Postgres, port int, password string) *url.URL {
	u := &url.URL{Scheme: "postgres", User: url.UserPassword(postgresRole, password), Host: fmt.Sprint("127.0.0.1:", port),
		Path: "/postgres", RawQuery: "sslmode=disable"}
	if p.TLS {
		u = withQuery(u, url.Values{"sslmode": {"verify-full"}, "sslrootcert": {filepath.Join(c.dir, "server.crt")}})
	}
	if p.Socket {
		u.Host = ""
		u = withQuery(u, url.Values{"host": {c.dir}, "port": {fmt.Sprint(port)}, "sslmode": {"disable"}})
	}
	return u
}

// waitReady waits until the server accepts a session.
func (c *privatePostgres) waitReady(ctx context.Context) error {
	err := process.Until(ctx, func() error {
		session, err := pgx.Connect(ctx, c.url.String())
		if err != nil {
			return err
		}
		return session.Close(ctx)
	}, c.process)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

// hasEnded reports whether the server ended, by itself or by remove.
func (c *privatePostgres) hasEnded() bool {
	if c.endError == nil && !c.removed {
		select {
		case why := <-c.process.Gone():
			c.endError = fmt.Errorf("the PostgreSQL server of this run ended: %w", why)
		default:
		}
	}
	return c.endError != nil || c.removed
}

// remove ends the server and removes its files, if they exist.
func (c *privatePostgres) remove() error {
	if c.process != nil {
		c.hasEnded()
		c.removed = true
	}
	return errors.Join(c.endError, c.stopAndRemove(c.process))
}
