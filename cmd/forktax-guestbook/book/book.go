package book

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
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

//go:embed page.html
var pageSource string

const (
	onPage  = 50
	longest = 2000 // bytes of a name and a message together
)

// An Entry is an entry of the guestbook.
type Entry struct {
	ID      int64
	Name    string
	Message string
	Signed  time.Time
}

// Day returns the day of signing as text.
func (e Entry) Day() string { return e.Signed.UTC().Format("2 January 2006") }

// A book is an open guestbook.
type book struct {
	page              *template.Template
	one, latest, sign statement
	writer            sync.Locker
}

func newBook(db *sql.DB, d Database, page *template.Template) http.Handler {
	b := &book{page: page, one: statement{db: db, text: d.Entry}, latest: statement{db: db, text: d.Newest},
		sign: statement{db: db, text: d.Sign}, writer: d.writer()}
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
	e, err := b.entry(r.Context(), id)
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

func (b *book) entry(ctx context.Context, id int64) (Entry, error) {
	one, err := b.one.prepared(ctx)
	if err != nil {
		return Entry{}, err
	}
	return scan(one.QueryRowContext(ctx, id))
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

// render returns the complete page, so that an error can still be reported by the status.
func render(page *template.Template, entries []Entry) ([]byte, error) {
	var html bytes.Buffer
	err := page.Execute(&html, entries)
	return html.Bytes(), err
}

func (b *book) newest(ctx context.Context) ([]Entry, error) {
	latest, err := b.latest.prepared(ctx)
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
	r.Body = http.MaxBytesReader(w, r.Body, 4*longest) // escapes take 3 bytes for a byte of text
	name, message := r.PostFormValue("name"), r.PostFormValue("message")
	if name == "" || message == "" || len(name)+len(message) > longest {
		http.Error(w, fmt.Sprintf("name and message must not be empty, and have at most %d bytes together", longest),
			http.StatusBadRequest)
		return
	}
	if text := name + message; !utf8.ValidString(text) || strings.ContainsRune(text, 0) { // not all databases accept NUL
		http.Error(w, "name and message must be UTF-8 without NUL", http.StatusBadRequest)
		return
	}
	if err := b.store(r.Context(), name, message); err != nil {
		fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/?thanks", http.StatusSeeOther)
}

func (b *book) store(ctx context.Context, name, message string) error {
	sign, err := b.sign.prepared(ctx)
	if err != nil {
		return err
	}
	b.writer.Lock()
	defer b.writer.Unlock()
	_, err = sign.ExecContext(ctx, name, message, time.Now().Unix())
	return err
}

// fail logs the error and responds with status 500, without the reason.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	log.Printf("%s %s: %v", r.Method, r.URL.Path, err)
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}
