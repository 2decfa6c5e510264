package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/mattn/go-sqlite3"

	"forktax/cmd/forktax-guestbook/book"
)

// database is an SQLite file. The file must exist; opening it does not create it.
var database = book.Database{
	Kind:      "sqlite",
	Title:     "SQLite",
	Connector: func(path string) (driver.Connector, error) { return newConnector(path, "rw"), nil },
	Entry:     `SELECT id, name, message, signed_at FROM entries WHERE id = ?`,
	Newest:    `SELECT id, name, message, signed_at FROM entries ORDER BY id DESC LIMIT ?`,
	Sign:      `INSERT INTO waiting (name, message, signed_at) VALUES (?, ?, ?)`,
	OneWriter: true,
}

// A connector opens connections to an SQLite file.
type connector struct {
	path, name string
	driver     *sqlite3.SQLiteDriver
}

// newConnector returns a connector of the file, with a mode of SQLite's URI filenames. Journal mode WAL is a property
// of the file. The properties of a connection are set here: synchronous=NORMAL, which is safe with WAL, and a timeout
// of 5 s for locks.
func newConnector(path, mode string) connector {
	name := (&url.URL{Scheme: "file", OmitHost: true, Path: path}).String() +
		"?mode=" + mode + "&_synchronous=NORMAL&_busy_timeout=5000"
	return connector{path, name, &sqlite3.SQLiteDriver{}}
}

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.name)
	if err != nil {
		return nil, &fs.PathError{Op: "opening", Path: c.path, Err: err}
	}
	return conn, nil
}

func (c connector) Driver() driver.Driver { return c.driver }

// hold keeps an idle connection open. SQLite checkpoints and deletes the log when the last connection to a database
// closes; without hold, every CGI child that runs alone would do that.
func hold(ctx context.Context) (func() error, error) {
	path := os.Getenv(book.Variable)
	db := sql.OpenDB(newConnector(path, "rw"))
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM waiting").Scan(&n); err != nil {
		db.Close()
		return nil, fmt.Errorf("opening the database %s=%s: %w", book.Variable, path, err)
	}
	return db.Close, nil
}
