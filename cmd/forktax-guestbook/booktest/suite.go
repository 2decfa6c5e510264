// Package booktest is the test suite of the guestbook programs, for all kinds of databases.
package booktest

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"forktax/workload"
)

// A Suite is the test suite of a guestbook program.
type Suite struct {
	Workload workload.Workload
	Fresh    func(t *testing.T)         // creates a database for the test, and sets book.Variable
	Database func(t *testing.T) *sql.DB // connects to the database in book.Variable
	Open     func(t *testing.T) int     // returns the number of connections to the database; negative if it is unknown
}

// Run runs the tests of the suite.
func (s Suite) Run(t *testing.T) {
	t.Run("responses of the models", s.responsesOfModels)
	t.Run("connections are closed", s.connectionsAreClosed)
	t.Run("page of 50, newest first", s.pageHasFiftyNewestFirst)
	t.Run("not found", s.notFound)
	t.Run("validation", s.signValidates)
	t.Run("signing does not change the page", s.signingChangesNoPage)
	t.Run("concurrent signing", s.concurrentSigning)
	t.Run("markup is escaped", s.markupIsEscaped)
	t.Run("the database fails", s.databaseFails)
}

// Main is the main function of the tests of a program. The test binary is also the program: the model cgi executes the
// program that it runs in.
func Main(m *testing.M, w workload.Workload) int {
	if workload.IsChild() {
		workload.Main(w)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise a child under -race would take 1 s to exit
	return m.Run()
}

// Connected opens and connects the guestbook, like a program before its first request.
func (s Suite) Connected(t *testing.T) (http.Handler, func() error, error) {
	connect, err := s.Workload.Open(t.Context())
	if err != nil {
		return nil, nil, err
	}
	return connect(t.Context())
}

// Opened returns the handler with the test's database.
func (s Suite) Opened(t *testing.T) http.Handler {
	t.Helper()
	handler, shut, err := s.Connected(t)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shut(); err != nil {
			t.Error(err)
		}
	})
	return handler
}

// Ask sends a request with a form to the handler, and returns the response.
func Ask(h http.Handler, method, target, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func sum(of []byte) string {
	s := sha256.Sum256(of)
	return hex.EncodeToString(s[:])
}
