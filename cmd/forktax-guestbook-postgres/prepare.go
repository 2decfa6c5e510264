package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"forktax/cmd/forktax-guestbook/book"
	"forktax/workload/contract"
)

const schema = `
CREATE TABLE entries (
	id bigint PRIMARY KEY,
	name text NOT NULL,
	message text NOT NULL,
	signed_at bigint NOT NULL -- seconds since 1970
);
CREATE TABLE waiting (
	place bigint PRIMARY KEY,
	id bigint NOT NULL,
	name text NOT NULL,
	message text NOT NULL,
	signed_at bigint NOT NULL
) WITH (fillfactor = 50); -- room in each page for updated rows
CREATE SEQUENCE signed START %d;
`

// prepare creates the tables in the database at contract.EnvDatabase. Tables of these names must not exist.
func prepare(ctx context.Context, _ string) (map[string]string, error) {
	url := os.Getenv(contract.EnvDatabase)
	if url == "" {
		return nil, errors.New(contract.EnvDatabase + " is not set: want the URL of the database for the tables, " +
			"such as postgres://user:password@host/database")
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	if err := pgx.BeginFunc(ctx, conn, seed(ctx)); err != nil {
		return nil, fmt.Errorf("creating the tables: %w", err)
	}
	// Otherwise autovacuum would do this during a run.
	if _, err := conn.Exec(ctx, "VACUUM (ANALYZE) entries, waiting"); err != nil {
		return nil, fmt.Errorf("creating the tables: %w", err)
	}
	return map[string]string{book.Variable: url}, nil
}

func seed(ctx context.Context) func(pgx.Tx) error {
	return func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(schema, book.Waiting+1)); err != nil {
			return err
		}
		columns := []string{"id", "name", "message", "signed_at", "place"}
		entries := pgx.CopyFromSlice(book.Seeded, func(i int) ([]any, error) { return row(int64(i + 1))[:4], nil })
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"entries"}, columns[:4], entries); err != nil {
			return err
		}
		waiting := pgx.CopyFromSlice(book.Waiting, func(i int) ([]any, error) { return row(int64(i + 1)), nil })
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"waiting"}, columns, waiting)
		return err
	}
}

func row(id int64) []any {
	e := book.Seed(id)
	return []any{e.ID, e.Name, e.Message, e.Signed.Unix(), id % book.Waiting}
}
