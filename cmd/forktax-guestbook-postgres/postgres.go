package main

import (
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"forktax/cmd/forktax-guestbook/book"
)

// database is named by a URL. What waits stands in a ring: a new one takes the place of the oldest, in the same page
// and without a change to the index. To insert and delete would leave dead rows, over which each statement has to
// pass until the server cleans up, so that a run's end would be slower than its beginning. It is no trigger's work,
// either: the language of one would have to be loaded by each new session, and only CGI has so many.
var database = book.Database{
	Kind:      "postgres",
	Title:     "PostgreSQL",
	Connector: connector,
	Entry:     `SELECT id, name, message, signed_at FROM entries WHERE id = $1`,
	Newest:    `SELECT id, name, message, signed_at FROM entries ORDER BY id DESC LIMIT $1`,
	Sign: fmt.Sprintf(`
		INSERT INTO waiting (place, id, name, message, signed_at)
		SELECT id %% %d, id, $1::text, $2::text, $3::bigint FROM nextval('signed') AS id
		ON CONFLICT (place) DO UPDATE SET (id, name, message, signed_at) =
			(excluded.id, excluded.name, excluded.message, excluded.signed_at)`, book.Waiting),
}

func connector(url string) (driver.Connector, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", book.Variable, err) // which has the password cut out
	}
	return stdlib.GetConnector(*config), nil
}
