package main

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"strconv"
	"sync"
	"time"

	"forktax/twin"
)

//go:embed page.html
var pageSource string

const (
	onPage     = 50
	longest    = 2000 // bytes of a name and a message together
	queryEntry = `SELECT id, name, message, signed_at FROM entries WHERE id = ?`
	queryPage  = `SELECT id, name, message, signed_at FROM entries ORDER BY id DESC LIMIT ?`
	insertion  = `INSERT INTO waiting (name, message, signed_at) VALUES (?, ?, ?)`
)

// An Entry is one that somebody signed.
type Entry struct {
	ID      int64
	Name    string
	Message string
	Signed  time.Time
}

// Day is when it was signed, for people.
func (e Entry) Day() string { return e.Signed.UTC().Format("2 January 2006") }

// book is an open guestbook. Its statements are prepared when they are first used, as a CGI child uses just one.
type book struct {
	db                *sql.DB
	page              *template.Template
	one, latest, sign func() (*sql.Stmt, error)
	writing           sync.Mutex // SQLite admits one writer; to wait here beats polling in its busy handler
}

// open does what has to be done once a process.
func open(context.Context) (twin.Connect, error) {
	path, err := databasePath()
	if err != nil {
		return nil, err
	}
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("parsing the page: %w", err)
	}
	return func(ctx context.Context) (http.Handler, func() error, error) {
		db, err := openDatabase(ctx, path)
		if err != nil {
			return nil, nil, err
		}
		return newBook(db, page), db.Close, nil
	}, nil
}

func newBook(db *sql.DB, page *template.Template) http.Handler {
	prepared := func(query string) func() (*sql.Stmt, error) {
		return sync.OnceValues(func() (*sql.Stmt, error) { return db.Prepare(query) })
	}
	b := &book{db: db, page: page, one: prepared(queryEntry), latest: prepared(queryPage), sign: prepared(insertion)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.showPage)
	mux.HandleFunc("GET /entries/{id}", b.showEntry)
	mux.HandleFunc("POST /sign", b.take)
	return mux
}

func (b *book) showEntry(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	one, err := b.one()
	if err != nil {
		fail(w, r, err)
		return
	}
	e, err := scan(one.QueryRowContext(r.Context(), id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		http.NotFound(w, r)
	case err != nil:
		fail(w, r, err)
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, asText(e))
	}
}

func asText(e Entry) string {
	return fmt.Sprintf("%d. %s, %s:\n%s\n", e.ID, e.Name, e.Day(), e.Message)
}

func (b *book) showPage(w http.ResponseWriter, r *http.Request) {
	entries, err := b.newest(r.Context())
	if err != nil {
		fail(w, r, err)
		return
	}
	html, err := render(b.page, entries)
	if err != nil {
		fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(html)))
	w.Write(html)
}

// render makes the whole page before any of it is sent, so that an error in it can still be answered as one.
func render(page *template.Template, entries []Entry) ([]byte, error) {
	var html bytes.Buffer
	err := page.Execute(&html, entries)
	return html.Bytes(), err
}

func (b *book) newest(ctx context.Context) ([]Entry, error) {
	latest, err := b.latest()
	if err != nil {
		return nil, err
	}
	rows, err := latest.QueryContext(ctx, onPage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	entries := make([]Entry, 0, onPage)
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// scan reads an entry from a *sql.Row or *sql.Rows.
func scan(row interface{ Scan(...any) error }) (Entry, error) {
	var e Entry
	var signed int64
	err := row.Scan(&e.ID, &e.Name, &e.Message, &signed)
	e.Signed = time.Unix(signed, 0)
	return e, err
}

func (b *book) take(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4*longest) // four bytes of a form's escapes for each of text are plenty
	name, message := r.PostFormValue("name"), r.PostFormValue("message")
	if name == "" || message == "" || len(name)+len(message) > longest {
		http.Error(w, fmt.Sprintf("a name and a message are needed, of %d bytes at most together", longest),
			http.StatusBadRequest)
		return
	}
	if err := b.store(r.Context(), name, message); err != nil {
		fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/?thanks", http.StatusSeeOther)
}

func (b *book) store(ctx context.Context, name, message string) error {
	sign, err := b.sign()
	if err != nil {
		return err
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	_, err = sign.ExecContext(ctx, name, message, time.Now().Unix())
	return err
}

// fail tells the log why and the client only that.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	log.Printf("%s %s: %v", r.Method, r.URL.Path, err)
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}
