package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/mattn/go-sqlite3"

	"forktax/twin"
)

// atOnce is how many connections a resident process keeps, as many as the clients of a default run.
const atOnce = 8

// connector opens connections to one SQLite file, and tells of each.
type connector struct {
	name   string
	driver *sqlite3.SQLiteDriver
	opened func()
}

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.name)
	if err == nil {
		c.opened()
	}
	return conn, err
}

func (c connector) Driver() driver.Driver { return c.driver }

// newDatabase connects to path when first asked. Journal mode WAL is a property of the file, set when it is made; what
// is here holds for a connection: synchronous=NORMAL, which is safe with WAL, and up to 5 s of waiting for a lock.
func newDatabase(path, mode string, opened func()) *sql.DB {
	name := (&url.URL{Scheme: "file", OmitHost: true, Path: path}).String() +
		"?mode=" + mode + "&_synchronous=NORMAL&_busy_timeout=5000"
	db := sql.OpenDB(connector{name, &sqlite3.SQLiteDriver{}, opened})
	db.SetMaxOpenConns(atOnce)
	db.SetMaxIdleConns(atOnce)
	return db
}

// databasePath is where prepare made the database. It must not be empty: SQLite would open one that is empty, too.
func databasePath() (string, error) {
	path := os.Getenv(databaseVariable)
	if path == "" {
		return "", errors.New(databaseVariable + " is not set: it names the database file that prepare made")
	}
	return path, nil
}

// openDatabase connects to the database that prepare made.
func openDatabase(ctx context.Context, path string) (*sql.DB, error) {
	db := newDatabase(path, "rw", twin.ConnectionOpened)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("opening the database %s: %w", path, err)
	}
	return db, nil
}
