package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	seeded  = 10_000 // entries on the page and to be read
	waiting = 100    // signed entries that wait for approval; the oldest makes room for a new one
)

// firstSigned is when the oldest entry was signed: the day CGI 1.1 was put to paper. The others follow by the hour.
var firstSigned = time.Date(1995, time.November, 6, 12, 0, 0, 0, time.UTC)

var (
	names = []string{"Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Niklaus", "Margaret",
		"Tony", "Karen", "Dennis"}
	openings = []string{"What a lovely place", "I came by train", "We stayed for a week", "The walk up is steep",
		"My grandmother signed here before me", "Rain all day", "Found it at last"}
	middles = []string{"and the view is worth it", "& the soup was <excellent>", "but nobody was at the desk",
		"and the cat remembers me", "so we shall be back", "though the bus was late", "and it was still open",
		"and the bells woke us", "which I had not expected", "as the guide had promised", "and we danced"}
	endings = []string{"Thank you!", "Until next year.", "Greetings to all who read this.", "Do try the cake.",
		"\"Here be dragons\", said the map."}
)

// seedEntry is entry number id. The lists have lengths that share no factor, so entries differ from their neighbours.
func seedEntry(id int64) Entry {
	return Entry{
		ID:   id,
		Name: names[id%int64(len(names))],
		Message: fmt.Sprintf("%s, %s. %s", openings[id%int64(len(openings))], middles[id%int64(len(middles))],
			endings[id%int64(len(endings))]),
		Signed: firstSigned.Add(time.Duration(id) * time.Hour),
	}
}

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

// prepare makes the database in dir, in place of one that is there.
func prepare(ctx context.Context, dir string) (map[string]string, error) {
	path := filepath.Join(dir, "guestbook.sqlite")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !os.IsNotExist(err) {
			return nil, err
		}
	}
	db := newDatabase(path, "rwc", func() {})
	err := seed(ctx, db)
	if closed := db.Close(); err == nil { // which brings all of the log into the file
		err = closed
	}
	if err != nil {
		return nil, fmt.Errorf("making the database %s: %w", path, err)
	}
	return map[string]string{databaseVariable: path}, nil
}

func seed(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf(schema, waiting)); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := fill(ctx, tx, "entries", seeded); err != nil {
		return err
	}
	if err := fill(ctx, tx, "waiting", waiting); err != nil {
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
		e := seedEntry(id)
		if _, err := insert.ExecContext(ctx, e.ID, e.Name, e.Message, e.Signed.Unix()); err != nil {
			return err
		}
	}
	return nil
}

// hold keeps one idle connection open. When the last connection to a database closes, SQLite writes the log back and
// deletes it; without this every CGI child that happens to be alone would pay for that.
func hold(ctx context.Context) (func() error, error) {
	path, err := databasePath()
	if err != nil {
		return nil, err
	}
	db := newDatabase(path, "rw", func() {})
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM waiting").Scan(&n); err != nil {
		db.Close()
		return nil, fmt.Errorf("holding the database %s open: %w", path, err)
	}
	return db.Close, nil
}
