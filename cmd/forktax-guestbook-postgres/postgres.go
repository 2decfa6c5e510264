package main

import (
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"forktax/cmd/forktax-guestbook/book"
)

// database is a PostgreSQL database, named by a URL. The table waiting is a ring: a new row replaces the oldest, in the
// same page and without a change of the index. Inserting and deleting would leave dead rows, which each statement has
// to skip until the server removes them, so a run would become slower. A trigger would also be slower: each new session
// would load its language, and only CGI has many sessions.
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
		return nil, fmt.Errorf("%s: %w", book.Variable, err) // err does not contain the password
	}
	return stdlib.GetConnector(*config), nil
}
