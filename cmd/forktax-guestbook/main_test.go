package main

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"forktax/cmd/forktax-guestbook/book"
	"forktax/cmd/forktax-guestbook/booktest"
)

func TestMain(m *testing.M) { os.Exit(booktest.Main(m, guestbook())) }

var suite = booktest.Suite{
	Workload: guestbook(),
	Fresh:    func(t *testing.T) { freshDatabase(t) },
	Database: func(t *testing.T) *sql.DB {
		db := sql.OpenDB(newConnector(os.Getenv(book.Variable), "rw"))
		t.Cleanup(func() { db.Close() })
		return db
	},
	Open: func(t *testing.T) int {
		files, err := filepath.Glob("/proc/self/fd/*") // exited children have none
		if err != nil || len(files) == 0 {
			return -1
		}
		open := 0
		for _, f := range files {
			if name, err := os.Readlink(f); err == nil && name == os.Getenv(book.Variable) {
				open++
			}
		}
		return open
	},
}

func TestGuestbook(t *testing.T) { suite.Run(t) }

// prepared returns the content of a prepared database, of which each test gets a copy.
var prepared = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guestbook")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	env, err := prepare(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(env[book.Variable])
})

// freshDatabase creates a database for the test, and returns its path.
func freshDatabase(t *testing.T) string {
	t.Helper()
	bytes, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "guestbook.sqlite")
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(book.Variable, path)
	return path
}
