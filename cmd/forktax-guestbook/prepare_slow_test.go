//go:build slow

package main

import (
	"bytes"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"forktax/cgi"
	"forktax/cmd/forktax-guestbook/book"
	"forktax/cmd/forktax-guestbook/booktest"
)

// While another process writes, signing waits for the timeout of locks and then fails; reading does not wait. This
// holds for a long-running handler and for a CGI child.
func TestLockedDatabase(t *testing.T) {
	freshDatabase(t)
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	host := &cgi.Host{Path: program, InheritEnv: []string{book.Variable, "GORACE"}, Logger: log.New(&logged, "", 0)}
	handlers := map[string]http.Handler{"persistent": suite.Opened(t), "cgi": host}
	sign := func(h http.Handler) int {
		return booktest.Ask(h, "POST", "/sign", "name=Ada&message=Hello").Code
	}

	db := suite.Database(t)
	writer, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for model, h := range handlers {
		all.Go(func() {
			if got := booktest.Ask(h, "GET", "/entries/4711", "").Code; got != http.StatusOK {
				t.Errorf("%s: GET = %d while another writes, want 200", model, got)
			}
			if got := sign(h); got != http.StatusInternalServerError {
				t.Errorf("%s: POST = %d while another writes, want 500", model, got)
			}
		})
	}
	all.Wait()
	if _, err := writer.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if text := logged.String(); !strings.Contains(text, "POST /sign: ") || !strings.Contains(text, "database is locked") {
		t.Errorf("log of the host = %q, want the locked database", text)
	}
	for model, h := range handlers {
		if got := sign(h); got != http.StatusSeeOther {
			t.Errorf("%s: POST = %d without another writer, want 303", model, got)
		}
	}
}
