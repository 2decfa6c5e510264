package booktest

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

func (s Suite) pageHasFiftyNewestFirst(t *testing.T) {
	s.Fresh(t)
	w := Ask(s.Opened(t), "GET", "/", "")
	var got, want []string
	for _, article := range regexp.MustCompile(`<article id="entry-(\d+)">`).FindAllStringSubmatch(w.Body.String(), -1) {
		got = append(got, article[1])
	}
	for id := 10_000; id > 9_950; id-- {
		want = append(want, fmt.Sprint(id))
	}
	if !slices.Equal(got, want) {
		t.Errorf("GET / has the articles %v, want %v", got, want)
	}
	if length := w.Header().Get("Content-Length"); length != fmt.Sprint(w.Body.Len()) {
		t.Errorf("Content-Length is %s, want %d", length, w.Body.Len())
	}
}

func (s Suite) notFound(t *testing.T) {
	s.Fresh(t)
	handler := s.Opened(t)
	check := func(method, path string, want int) {
		t.Helper()
		if w := Ask(handler, method, path, ""); w.Code != want {
			t.Errorf("%s %s = %d, want %d", method, path, w.Code, want)
		}
	}
	check("GET", "/entries/1", 200)
	check("GET", "/entries/10000", 200)
	check("GET", "/entries/0", 404)
	check("GET", "/entries/10001", 404)
	check("GET", "/entries/-1", 404)
	check("GET", "/entries/Ada", 404)
	check("GET", "/entries/4711a", 404)
	check("GET", "/entries/99999999999999999999", 404) // more than 64 bits
	check("GET", "/entries/", 404)
	check("GET", "/other", 404)
	check("GET", "/sign", 405)
	check("POST", "/", 405)
}

func (s Suite) signValidates(t *testing.T) {
	s.Fresh(t)
	handler := s.Opened(t)
	check := func(form string, want int) {
		t.Helper()
		w := Ask(handler, "POST", "/sign", form)
		if w.Code != want {
			t.Errorf("POST /sign %.40s… (%d bytes) = %d %q, want %d", form, len(form), w.Code, w.Body, want)
		}
		if location := w.Header().Get("Location"); want == http.StatusSeeOther && location != "/?thanks" {
			t.Errorf("POST /sign %.40s… leads to %q, want /?thanks", form, location)
		}
	}
	check("name=Ada&message=Hello", 303)
	check("name=Ada&message="+strings.Repeat("x", 2000-3), 303)
	check("name=Al&message="+strings.Repeat("%C3%A9", 1998/2), 303) // the longest form of 2000 bytes
	check("name=Ada&message="+strings.Repeat("x", 2000-2), 400)
	check("name=Ada&message="+strings.Repeat("x", 100_000), 400)
	check("name=Ada&message=", 400)
	check("name=&message=Hello", 400)
	check("name=Ada", 400)
	check("message=Hello", 400)
	check("", 400)
	check("%zz", 400)
	check("name=Ada&message=%ff", 400)
	check("name=A%00da&message=Hello", 400)
	if got := s.newestMessage(t); got != strings.Repeat("é", 999) {
		t.Errorf("the last accepted message is stored as %.40q…, want 999 times é", got)
	}
}

func (s Suite) newestMessage(t *testing.T) (message string) {
	t.Helper()
	err := s.Database(t).QueryRow("SELECT message FROM waiting ORDER BY id DESC LIMIT 1").Scan(&message)
	if err != nil {
		t.Fatal(err)
	}
	return message
}

// Signing changes neither the number of rows nor the page, so that all requests of a run do the same work.
func (s Suite) signingChangesNoPage(t *testing.T) {
	s.Fresh(t)
	handler := s.Opened(t)
	wanted := s.Workload.Requests[1].Want.BodySHA256
	before := s.rows(t)
	if want := [2]int{10_000, 100}; before != want {
		t.Errorf("rows at first = %v, want %v", before, want)
	}
	for i := range 1000 {
		form := url.Values{"name": {"Ada"}, "message": {fmt.Sprint("visit ", i)}}.Encode()
		if w := Ask(handler, "POST", "/sign", form); w.Code != http.StatusSeeOther {
			t.Fatalf("POST /sign number %d = %d %q, want 303", i, w.Code, w.Body)
		}
		if i%250 == 0 {
			if got := s.rows(t); got != before {
				t.Errorf("rows after signing %d times = %v, want %v", i+1, got, before)
			}
		}
	}
	if got := s.rows(t); got != before {
		t.Errorf("rows after signing 1000 times = %v, want %v", got, before)
	}
	if got := s.newestMessage(t); got != "visit 999" {
		t.Errorf("newest waiting message = %q, want visit 999", got)
	}
	if got := sum(Ask(handler, "GET", "/", "").Body.Bytes()); got != wanted {
		t.Errorf("SHA-256 of the page after signing 1000 times = %s, want %s", got, wanted)
	}
}

// rows returns the number of approved and of waiting entries.
func (s Suite) rows(t *testing.T) (n [2]int) {
	t.Helper()
	const count = "SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM waiting)"
	if err := s.Database(t).QueryRow(count).Scan(&n[0], &n[1]); err != nil {
		t.Fatal(err)
	}
	return n
}

// Concurrent visitors can all sign, in one guestbook and in several guestbooks that share only the database.
func (s Suite) concurrentSigning(t *testing.T) {
	const visitors, each = 8, 20
	for name, handlers := range map[string]int{"one guestbook": 1, "one guestbook per visitor": visitors} {
		t.Run(name, func(t *testing.T) {
			s.Fresh(t)
			books := make([]http.Handler, handlers)
			for i := range books {
				books[i] = s.Opened(t)
			}
			var all sync.WaitGroup
			for v := range visitors {
				all.Go(func() {
					for i := range each {
						w := Ask(books[v%handlers], "POST", "/sign", fmt.Sprintf("name=%d&message=%d", v, i))
						if w.Code != http.StatusSeeOther {
							t.Errorf("POST /sign of visitor %d, number %d = %d %q, want 303", v, i, w.Code, w.Body)
						}
					}
				})
			}
			all.Wait()
			var last int
			if err := s.Database(t).QueryRow("SELECT max(id) FROM waiting").Scan(&last); err != nil {
				t.Fatal(err)
			}
			if want := 100 + visitors*each; last != want {
				t.Errorf("last ID = %d, want %d", last, want)
			}
		})
	}
}

// Markup in an entry is escaped on the page.
func (s Suite) markupIsEscaped(t *testing.T) {
	s.Fresh(t)
	const evil = `<script>alert("1")</script><img src=x onerror='alert(2)'>`
	quoted := "'" + strings.ReplaceAll(evil, "'", "''") + "'"
	insert := fmt.Sprintf("INSERT INTO entries (id, name, message, signed_at) VALUES (10001, %s, %[1]s, 0)", quoted)
	if _, err := s.Database(t).Exec(insert); err != nil {
		t.Fatal(err)
	}
	handler := s.Opened(t)
	page := Ask(handler, "GET", "/", "").Body.String()
	for _, tag := range []string{"<script", "<img"} {
		if strings.Contains(page, tag) {
			t.Errorf("the page has %s of an entry, want it escaped", tag)
		}
	}
	if got, want := strings.Count(page, html.EscapeString(evil)), 2; got != want {
		t.Errorf("the page has the escaped text %d times, want %d", got, want)
	}
	w := Ask(handler, "GET", "/entries/10001", "")
	if got := w.Header().Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("Content-Type of an entry = %s, want text/plain, because it is not escaped", got)
	}
}

// If the database fails, the status is 500 without the reason. When the database works again, so does the guestbook.
func (s Suite) databaseFails(t *testing.T) {
	s.Fresh(t)
	handler := s.Opened(t)
	rename := func(from, to string) {
		t.Helper()
		for _, table := range []string{"entries", "waiting"} {
			statement := fmt.Sprintf("ALTER TABLE %s%s RENAME TO %s%[2]s", from, table, to)
			if _, err := s.Database(t).Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	rename("", "old_")
	check := func(method, target string) {
		t.Helper()
		w := Ask(handler, method, target, "name=Ada&message=Hello")
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "table") {
			t.Errorf("%s %s = %d %q, want 500 and no reason", method, target, w.Code, w.Body)
		}
	}
	check("GET", "/")
	check("GET", "/entries/1")
	check("POST", "/sign")
	rename("old_", "")
	if w := Ask(handler, "GET", "/entries/4711", ""); w.Code != http.StatusOK {
		t.Errorf("GET /entries/4711 = %d %q after the table is back, want 200", w.Code, w.Body)
	}
}
