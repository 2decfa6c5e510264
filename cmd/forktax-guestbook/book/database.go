package book

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"forktax/workload"
)

// Variable is the environment variable with the name of the database, in the form that Database.Connector expects.
const Variable = "GUESTBOOK_DATABASE"

// atOnce is the number of connections of a long-running process. It equals the clients of a default run.
const atOnce = 8

// A Database is a kind of database with the entries of the guestbook. The statements are in its SQL dialect.
type Database struct {
	Kind      string                                      // as in forktax run --database, such as "sqlite"; "": no data
	Title     string                                      // for users, such as "SQLite"
	Connector func(name string) (driver.Connector, error) // connects to the database with the name in Variable
	Entry     string                                      // selects id, name, message and signed_at by id
	Newest    string                                      // selects the newest rows, given their number, newest first
	Sign      string                                      // stores name, message and signed_at, and deletes the oldest row
	OneWriter bool                                        // writers must wait for a mutex instead of polling for a lock
}

// Open reads the configuration and parses the page. The Connect function that it returns connects to the database.
func (d Database) Open(context.Context) (workload.Connect, error) {
	connector, err := d.connector()
	if err != nil {
		return nil, err
	}
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("parsing the page: %w", err)
	}
	return func(ctx context.Context) (http.Handler, func() error, error) {
		db := Pool(counted{connector})
		// The pool keeps this connection. A ping would be another request to the server.
		first, err := db.Conn(ctx)
		if err != nil {
			return nil, nil, errors.Join(err, db.Close())
		}
		if err := first.Close(); err != nil {
			return nil, nil, errors.Join(err, db.Close())
		}
		return newBook(db, d, page), db.Close, nil
	}, nil
}

// connector returns a connector of the database in the environment.
func (d Database) connector() (driver.Connector, error) {
	name := os.Getenv(Variable)
	if name == "" && d.Kind != "" {
		return nil, errors.New(Variable + " is not set: run the command prepare, and set it as printed")
	}
	return d.Connector(name)
}

func (d Database) writer() sync.Locker {
	if d.OneWriter {
		return &sync.Mutex{}
	}
	return noLock{}
}

// noLock is a sync.Locker that does nothing.
type noLock struct{}

func (noLock) Lock()   {}
func (noLock) Unlock() {}

// Pool returns a database handle with the connection pool of a guestbook.
func Pool(c driver.Connector) *sql.DB {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(atOnce)
	db.SetMaxIdleConns(atOnce)
	return db
}

// counted is a connector that counts its connections by workload.ConnectionOpened.
type counted struct{ driver.Connector }

func (c counted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err == nil {
		workload.ConnectionOpened()
	}
	return conn, err
}

// A statement is an SQL statement that is prepared on first use, because a CGI child uses only one. If preparing fails,
// the next use tries again: the server may have been down.
type statement struct {
	db   *sql.DB
	text string
	done atomic.Pointer[sql.Stmt]
}

func (s *statement) prepared(ctx context.Context) (*sql.Stmt, error) {
	if done := s.done.Load(); done != nil {
		return done, nil
	}
	stmt, err := s.db.PrepareContext(ctx, s.text)
	if err != nil {
		return nil, err
	}
	if !s.done.CompareAndSwap(nil, stmt) { // another request was faster
		stmt.Close()
	}
	return s.done.Load(), nil
}
