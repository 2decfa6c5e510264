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

// database is a file. It must be there: SQLite would open one that is empty, too.
var database = book.Database{
	Kind:      "sqlite",
	Title:     "SQLite",
	Connector: func(path string) (driver.Connector, error) { return newConnector(path, "rw"), nil },
	Entry:     `SELECT id, name, message, signed_at FROM entries WHERE id = ?`,
	Newest:    `SELECT id, name, message, signed_at FROM entries ORDER BY id DESC LIMIT ?`,
	Sign:      `INSERT INTO waiting (name, message, signed_at) VALUES (?, ?, ?)`,
	OneWriter: true,
}

// connector opens connections to one SQLite file.
type connector struct {
	path, name string
	driver     *sqlite3.SQLiteDriver
}

// newConnector is one to the file. Journal mode WAL is a property of the file, set when it is made; what is here
// holds for a connection: synchronous=NORMAL, which is safe with WAL, and up to 5 s of waiting for a lock.
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

// hold keeps one idle connection open. When the last connection to a database closes, SQLite writes the log back and
// deletes it; without this every CGI child that happens to be alone would pay for that.
func hold(ctx context.Context) (func() error, error) {
	path := os.Getenv(book.Variable)
	db := sql.OpenDB(newConnector(path, "rw"))
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM waiting").Scan(&n); err != nil {
		db.Close()
		return nil, fmt.Errorf("holding the database %s=%s open: %w", book.Variable, path, err)
	}
	return db.Close, nil
}
