// Package booktest holds the programs that are guestbooks to what a guestbook is, whatever database keeps its entries.
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

	"forktax/cgi"
	"forktax/workload"
)

// A Suite is what the tests need of one program.
type Suite struct {
	Workload workload.Workload
	Fresh    func(t *testing.T)         // makes a database for the test, and has book.Variable name it
	Database func(t *testing.T) *sql.DB // connects to the database that book.Variable names, for the test to look at it
	Open     func(t *testing.T) int     // counts the connections to it, of whomever; below 0 if that cannot be known
}

// Run runs the tests of the suite.
func (s Suite) Run(t *testing.T) {
	t.Run("the models answer as described", s.modelsAnswerAsDescribed)
	t.Run("connections are given back", s.connectionsAreGivenBack)
	t.Run("the page has fifty, the newest first", s.pageHasFiftyNewestFirst)
	t.Run("not found", s.notFound)
	t.Run("what is signed is validated", s.signValidates)
	t.Run("signing changes no page", s.signingChangesNoPage)
	t.Run("signing at the same time", s.signingAtTheSameTime)
	t.Run("markup is escaped", s.markupIsEscaped)
	t.Run("the database fails", s.databaseFails)
}

// Main is the main function of the tests of a program. The test binary is the program too: the model cgi executes the
// file that it runs in.
func Main(m *testing.M, w workload.Workload) int {
	if cgi.IsChild() {
		workload.Main(w)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // else each child under -race would take a second to exit
	return m.Run()
}

// Connected opens the guestbook as a program does before its first request.
func (s Suite) Connected(t *testing.T) (http.Handler, func() error, error) {
	connect, err := s.Workload.Open(t.Context())
	if err != nil {
		return nil, nil, err
	}
	return connect(t.Context())
}

// Opened returns the handler over the test's database.
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

// Ask sends a request to the handler.
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
