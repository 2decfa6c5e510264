package servers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
)

// schemas manages the schemas of a run in a server: forktax_<run>_1 and so on. During the run, its session holds an
// advisory lock with the run's number. If the run is killed, the server releases the lock. The next run that uses the
// server detects that and drops the schemas left behind.
type schemas struct {
	url     string
	run     uint32
	count   int
	session *pgx.Conn
}

const (
	lockClass  = 0x666f726b // "fork": the first half of the key of each advisory lock
	dropLimit  = 10 * time.Second
	schemaName = "forktax_%08x_%d"
)

// leftSchemas selects the schemas of runs that no longer hold their locks. It takes each of these locks until the
// session ends. CASE makes the order of the conditions certain.
const leftSchemas = `
	SELECT nspname FROM pg_namespace WHERE CASE
		WHEN nspname ~ '^forktax_[0-9a-f]{8}_[0-9]+$' AND pg_has_role(nspowner, 'USAGE')
		THEN pg_try_advisory_lock($1, ('x' || substring(nspname FROM 9 FOR 8))::bit(32)::int)
		ELSE false END`

// openSchemas connects to the server and drops the schemas that killed runs left behind.
func openSchemas(ctx context.Context, u *url.URL) (*schemas, error) {
	s := &schemas{url: u.String(), run: rand.Uint32()}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.dropStale(ctx); err != nil {
		return nil, errors.Join(err, s.session.Close(ctx))
	}
	return s, nil
}

// connect opens the session, or reopens it if the server has ended it.
func (s *schemas) connect(ctx context.Context) error {
	if s.session != nil && s.session.Ping(ctx) == nil {
		return nil
	}
	session, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return fmt.Errorf("connecting to the database server: %w", err)
	}
	if _, err := session.Exec(ctx, "SELECT pg_advisory_lock($1, $2)", int32(lockClass), int32(s.run)); err != nil {
		return errors.Join(fmt.Errorf("locking the schemas of this run: %w", err), session.Close(ctx))
	}
	s.session = session
	return nil
}

func (s *schemas) dropStale(ctx context.Context) error {
	rows, _ := s.session.Query(ctx, leftSchemas, int32(lockClass)) // rows return the same error
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("finding schemas of earlier runs: %w", err)
	}
	for _, name := range names {
		if err := s.drop(name); err != nil {
			return err
		}
	}
	return nil
}

func (s *schemas) create(ctx context.Context) (name string, err error) {
	if err := s.connect(ctx); err != nil {
		return "", err
	}
	s.count++
	name = fmt.Sprintf(schemaName, s.run, s.count)
	if _, err := s.session.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", fmt.Errorf("creating the schema %s: %w", name, err)
	}
	return name, nil
}

// drop removes a schema, also while the run is being stopped. The schema is unused, but a session that is about to end
// may still hold a lock on it.
func (s *schemas) drop(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), dropLimit)
	defer cancel()
	err := s.connect(ctx)
	if err == nil {
		_, err = s.session.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{name}.Sanitize()+" CASCADE")
	}
	if err != nil {
		return fmt.Errorf("dropping the schema %s: %w", name, err)
	}
	return nil
}

// postgresSettings selects the settings that determine the server's cost per request.
const postgresSettings = `SELECT name, current_setting(name) FROM pg_settings WHERE name IN ('fsync',
	'full_page_writes', 'max_connections', 'shared_buffers', 'ssl', 'synchronous_commit', 'autovacuum')`

func (s *schemas) describe(ctx context.Context) (version string, set map[string]string, err error) {
	rows, _ := s.session.Query(ctx, postgresSettings)
	set = map[string]string{}
	var name, value string
	_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
		set[name] = value
		return nil
	})
	if err != nil {
		return "", nil, fmt.Errorf("reading the settings of the database server: %w", err)
	}
	return s.session.PgConn().ParameterStatus("server_version"), set, nil
}

// close ends the session, and with it the lock.
func (s *schemas) close() {
	ctx, cancel := context.WithTimeout(context.Background(), dropLimit)
	defer cancel()
	s.session.Close(ctx) // an error means that the session has ended already
}
