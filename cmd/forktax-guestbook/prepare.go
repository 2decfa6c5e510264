package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"forktax/cmd/forktax-guestbook/book"
)

const schema = `
CREATE TABLE entries (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	message TEXT NOT NULL,
	signed_at INTEGER NOT NULL -- seconds since 1970
) STRICT;
CREATE TABLE waiting (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	message TEXT NOT NULL,
	signed_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER make_room AFTER INSERT ON waiting BEGIN
	DELETE FROM waiting WHERE id <= NEW.id - %d;
END;
`

// prepare creates the database in dir, replacing an existing one.
func prepare(ctx context.Context, dir string) (map[string]string, error) {
	path := filepath.Join(dir, "guestbook.sqlite")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !os.IsNotExist(err) {
			return nil, err
		}
	}
	db := sql.OpenDB(newConnector(path, "rwc"))
	err := seed(ctx, db)
	if closed := db.Close(); err == nil { // Close writes the log into the file
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("creating the database %s: %w", path, err)
	}
	return map[string]string{book.Variable: path}, nil
}

func seed(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf(schema, book.Waiting)); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := fill(ctx, tx, "entries", book.Seeded); err != nil {
		return err
	}
	if err := fill(ctx, tx, "waiting", book.Waiting); err != nil {
		return err
	}
	return tx.Commit()
}

func fill(ctx context.Context, tx *sql.Tx, table string, n int64) error {
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" (id, name, message, signed_at) VALUES (?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for id := int64(1); id <= n; id++ {
		e := book.Seed(id)
		if _, err := insert.ExecContext(ctx, e.ID, e.Name, e.Message, e.Signed.Unix()); err != nil {
			return err
		}
	}
	return nil
}
