package main

import (
	"database/sql"
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

// Entry 4711, by hand: 4711 = 362·13 + 5 = 673·7 + 0 = 428·11 + 3 = 942·5 + 1, which are Frances, the first opening, the
// fourth middle and the second ending; 4711 hours are 196 days and 7 hours, and those after noon on 6 November 1995 are
// 24 in November, 31 + 31 + 29 + 31 + 30 in the months to April 1996, and 20 in May.
func TestEntryFollowsFromSeed(t *testing.T) {
	freshDatabase(t)
	const want = "4711. Frances, 20 May 1996:\nWhat a lovely place, and the cat remembers me. Until next year.\n"
	w := ask(opened(t), "GET", "/entries/4711", "")
	if w.Code != http.StatusOK || w.Body.String() != want {
		t.Errorf("GET /entries/4711 = %d %q, want 200 %q", w.Code, w.Body, want)
	}
	if wantEntry != want {
		t.Errorf("wantEntry = %q, but the seed makes it %q", wantEntry, want)
	}
}

// Entry 10000, by hand as above: 769·13 + 3, 1428·7 + 4, 909·11 + 1, 2000·5; 10,000 hours are 416 days and 16 hours, so
// that it is the morning of 27 December 1996.
const newestArticle = `<article id="entry-10000">
<h2><a href="/entries/10000">Barbara</a>, 27 December 1996</h2>
<p>My grandmother signed here before me, &amp; the soup was &lt;excellent&gt;. Thank you!</p>
</article>
`

// The page is put together anew, without the template: fifty articles, the newest first.
func TestPageFollowsFromSeed(t *testing.T) {
	freshDatabase(t)
	before, rest, _ := strings.Cut(pageSource, "{{range .}}")
	_, after, _ := strings.Cut(rest, "{{end}}")
	page := before
	for id := 10_000; id > 10_000-50; id-- {
		message := fmt.Sprintf("%s, %s. %s", openings[id%7], middles[id%11], endings[id%5])
		page += fmt.Sprintf("<article id=\"entry-%d\">\n<h2><a href=\"/entries/%[1]d\">%s</a>, %s</h2>\n", id, names[id%13],
			seedEntry(int64(id)).Day())
		page += fmt.Sprintf("<p>%s</p>\n</article>\n", html.EscapeString(message))
	}
	page += after
	if !strings.Contains(page, newestArticle) {
		t.Errorf("the page put together here lacks\n%s", newestArticle)
	}

	got := ask(opened(t), "GET", "/", "").Body.String()
	if got != page {
		t.Errorf("GET / =\n%s\nwant\n%s", got, page)
	}
	if right := sum([]byte(page)); wantPageSHA256 != right {
		t.Errorf("wantPageSHA256 = %s, but the seed makes it %s", wantPageSHA256, right)
	}
}

func TestPageHasFiftyNewestFirst(t *testing.T) {
	freshDatabase(t)
	w := ask(opened(t), "GET", "/", "")
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

func TestNotFound(t *testing.T) {
	freshDatabase(t)
	handler := opened(t)
	check := func(method, path string, want int) {
		t.Helper()
		if w := ask(handler, method, path, ""); w.Code != want {
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

func TestSignValidates(t *testing.T) {
	path := freshDatabase(t)
	handler := opened(t)
	check := func(form string, want int) {
		t.Helper()
		w := ask(handler, "POST", "/sign", form)
		if w.Code != want {
			t.Errorf("POST /sign %.40s… (%d bytes) = %d %q, want %d", form, len(form), w.Code, w.Body, want)
		}
		if location := w.Header().Get("Location"); want == http.StatusSeeOther && location != "/?thanks" {
			t.Errorf("POST /sign %.40s… leads to %q, want /?thanks", form, location)
		}
	}
	check("name=Ada&message=Hello", 303)
	check("name=Ada&message="+strings.Repeat("x", 2000-3), 303)
	check("name=Al&message="+strings.Repeat("%C3%A9", 1998/2), 303) // the most that escapes can make of 2000 bytes
	check("name=Ada&message="+strings.Repeat("x", 2000-2), 400)
	check("name=Ada&message="+strings.Repeat("x", 100_000), 400)
	check("name=Ada&message=", 400)
	check("name=&message=Hello", 400)
	check("name=Ada", 400)
	check("message=Hello", 400)
	check("", 400)
	check("%zz", 400)
	if got := newestMessage(t, path); got != strings.Repeat("é", 999) {
		t.Errorf("the last that was accepted is stored as %.40q…, want 999 times é", got)
	}
}

func newestMessage(t *testing.T, path string) (message string) {
	t.Helper()
	err := database(t, path).QueryRow("SELECT message FROM waiting ORDER BY id DESC LIMIT 1").Scan(&message)
	if err != nil {
		t.Fatal(err)
	}
	return message
}

// database is another connection to the same file.
func database(t *testing.T, path string) *sql.DB {
	t.Helper()
	db := newDatabase(path, "rw", func() {})
	t.Cleanup(func() { db.Close() })
	return db
}

// However long the book is signed, it has the same size and the page the same bytes: a run compares the same work.
func TestSigningChangesNoPage(t *testing.T) {
	path := freshDatabase(t)
	handler := opened(t)
	before := rows(t, path)
	if want := [2]int{10_000, 100}; before != want {
		t.Errorf("at first there are %v rows, want %v", before, want)
	}
	for i := range 1000 {
		form := url.Values{"name": {"Ada"}, "message": {fmt.Sprint("visit ", i)}}.Encode()
		if w := ask(handler, "POST", "/sign", form); w.Code != http.StatusSeeOther {
			t.Fatalf("POST /sign number %d = %d %q, want 303", i, w.Code, w.Body)
		}
		if i%250 == 0 { // in between, too
			if got := rows(t, path); got != before {
				t.Errorf("after %d times there are %v rows, want %v", i+1, got, before)
			}
		}
	}
	if got := rows(t, path); got != before {
		t.Errorf("after 1000 times there are %v rows, want %v", got, before)
	}
	if got := newestMessage(t, path); got != "visit 999" {
		t.Errorf("the newest that waits is %q, want visit 999", got)
	}
	if got := sum(ask(handler, "GET", "/", "").Body.Bytes()); got != wantPageSHA256 {
		t.Errorf("after 1000 times the page has SHA-256 %s, want %s", got, wantPageSHA256)
	}
}

// rows counts those on the page, and those that wait.
func rows(t *testing.T, path string) (n [2]int) {
	t.Helper()
	const count = "SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM waiting)"
	if err := database(t, path).QueryRow(count).Scan(&n[0], &n[1]); err != nil {
		t.Fatal(err)
	}
	return n
}

// Visitors who sign at the same time all succeed: those of one resident process, and those of as many processes, which
// share nothing but the file.
func TestSigningAtTheSameTime(t *testing.T) {
	const visitors, each = 8, 20
	for name, handlers := range map[string]int{"one book": 1, "a book each": visitors} {
		t.Run(name, func(t *testing.T) {
			path := freshDatabase(t)
			books := make([]http.Handler, handlers)
			for i := range books {
				books[i] = opened(t)
			}
			var all sync.WaitGroup
			for v := range visitors {
				all.Go(func() {
					for i := range each {
						w := ask(books[v%handlers], "POST", "/sign", fmt.Sprintf("name=%d&message=%d", v, i))
						if w.Code != http.StatusSeeOther {
							t.Errorf("POST /sign of visitor %d, number %d = %d %q, want 303", v, i, w.Code, w.Body)
						}
					}
				})
			}
			all.Wait()
			var last int
			if err := database(t, path).QueryRow("SELECT max(id) FROM waiting").Scan(&last); err != nil {
				t.Fatal(err)
			}
			if want := 100 + visitors*each; last != want {
				t.Errorf("%d were signed, want %d", last, want)
			}
		})
	}
}

// Whatever a visitor writes is text on the page, never markup.
func TestMarkupIsEscaped(t *testing.T) {
	path := freshDatabase(t)
	const evil = `<script>alert("1")</script><img src=x onerror='alert(2)'>`
	const insert = "INSERT INTO entries (id, name, message, signed_at) VALUES (10001, ?, ?, 0)"
	if _, err := database(t, path).Exec(insert, evil, evil); err != nil {
		t.Fatal(err)
	}
	handler := opened(t)
	page := ask(handler, "GET", "/", "").Body.String()
	for _, tag := range []string{"<script", "<img"} {
		if strings.Contains(page, tag) {
			t.Errorf("the page has %s of what a visitor wrote", tag)
		}
	}
	if got, want := strings.Count(page, html.EscapeString(evil)), 2; got != want {
		t.Errorf("the page has what the visitor wrote %d times, escaped; want %d", got, want)
	}
	w := ask(handler, "GET", "/entries/10001", "")
	if got := w.Header().Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("an entry is %s, want text/plain, for it is not escaped", got)
	}
}

// A database that fails is a 500. Why is for the log.
func TestDatabaseFails(t *testing.T) {
	path := freshDatabase(t)
	handler := opened(t)
	if _, err := database(t, path).Exec("DROP TABLE entries; DROP TABLE waiting"); err != nil {
		t.Fatal(err)
	}
	check := func(method, target string) {
		t.Helper()
		w := ask(handler, method, target, "name=Ada&message=Hello")
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "table") {
			t.Errorf("%s %s = %d %q, want 500 and no reason", method, target, w.Code, w.Body)
		}
	}
	check("GET", "/")
	check("GET", "/entries/1")
	check("POST", "/sign")
}
