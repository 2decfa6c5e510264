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

// Variable names the database in the environment of a serving program: whatever its Connector understands.
const Variable = "GUESTBOOK_DATABASE"

// atOnce is how many connections a resident process keeps, as many as the clients of a default run.
const atOnce = 8

// A Database keeps the entries. Its statements are in its own dialect.
type Database struct {
	Kind      string                                      // "sqlite", as in forktax run --database
	Title     string                                      // for people
	Connector func(name string) (driver.Connector, error) // of connections to the one that Variable names
	Entry     string                                      // one row of id, name, message and signed_at, by the id
	Newest    string                                      // such rows, by their number, the newest first
	Sign      string                                      // stores name, message and signed_at; the oldest makes room
	OneWriter bool                                        // so that others had better wait here than poll for their turn
}

// Open does what has to be done once a process: it reads the configuration and parses the page. Connect connects.
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
		// What is given back at once stays connected. A ping would be a request more to the server.
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

// connector is that of the database in the environment.
func (d Database) connector() (driver.Connector, error) {
	name := os.Getenv(Variable)
	if name == "" {
		return nil, errors.New(Variable + " is not set: it names the database that prepare made")
	}
	return d.Connector(name)
}

func (d Database) writer() sync.Locker {
	if d.OneWriter {
		return &sync.Mutex{}
	}
	return everybody{}
}

// everybody is a lock that all have at once.
type everybody struct{}

func (everybody) Lock()   {}
func (everybody) Unlock() {}

// Pool keeps as many connections as a guestbook uses at once.
func Pool(c driver.Connector) *sql.DB {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(atOnce)
	db.SetMaxIdleConns(atOnce)
	return db
}

// counted tells of each connection that it opens.
type counted struct{ driver.Connector }

func (c counted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err == nil {
		workload.ConnectionOpened()
	}
	return conn, err
}

// A statement is prepared when it is first used, as a CGI child uses just one. One that could not be is tried again:
// the server may have been away.
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
