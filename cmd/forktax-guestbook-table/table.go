package main

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"forktax/cmd/forktax-guestbook/book"
)

// The statements of a table.
const (
	oneEntry      = "entry"
	newestEntries = "newest"
)

// A table is the connector, the driver and a connection of a database with the entries of the seed. Its statements are
// the two names above, and it has no transactions.
type table struct{}

func (table) Connect(context.Context) (driver.Conn, error) { return table{}, nil }
func (table) Driver() driver.Driver                        { return table{} }
func (table) Open(string) (driver.Conn, error)             { return table{}, nil }
func (table) Close() error                                 { return nil }

func (table) Begin() (driver.Tx, error) {
	return nil, errors.New("a table of the program has no transactions")
}

func (table) Prepare(text string) (driver.Stmt, error) {
	if text != oneEntry && text != newestEntries {
		return nil, fmt.Errorf("a table of the program has no statement %q", text)
	}
	return statement(text), nil
}

// A statement selects entries. Its argument is an ID, or the number of entries.
type statement string

func (statement) Close() error  { return nil }
func (statement) NumInput() int { return 1 }

func (statement) Exec([]driver.Value) (driver.Result, error) {
	return nil, errors.New("a table of the program does not change")
}

func (s statement) Query(args []driver.Value) (driver.Rows, error) {
	n, ok := args[0].(int64)
	switch {
	case !ok:
		return nil, fmt.Errorf("the argument has the type %T, want a whole number", args[0])
	case s == newestEntries:
		return &entries{next: book.Seeded, last: max(book.Seeded-n+1, 1)}, nil
	case n < 1 || n > book.Seeded:
		return &entries{last: 1}, nil
	}
	return &entries{next: n, last: n}, nil
}

// entries are rows, from the entry next down to last.
type entries struct{ next, last int64 }

func (*entries) Columns() []string { return []string{"id", "name", "message", "signed_at"} }
func (*entries) Close() error      { return nil }

func (e *entries) Next(row []driver.Value) error {
	if e.next < e.last {
		return io.EOF
	}
	entry := book.Seed(e.next)
	e.next--
	row[0], row[1], row[2], row[3] = entry.ID, entry.Name, entry.Message, entry.Signed.Unix()
	return nil
}
