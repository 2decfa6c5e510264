package book_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"strings"
	"testing"

	"forktax/cmd/forktax-guestbook/book"
)

// Entry 4711, by hand: 4711 = 362·13 + 5 = 673·7 + 0 = 428·11 + 3 = 942·5 + 1, which are Frances, the first opening,
// the fourth middle and the second ending; 4711 hours are 196 days and 7 hours, and those after noon on 6 November 1995
// are 24 in November, 31 + 31 + 29 + 31 + 30 in the months to April 1996, and 20 in May.
func TestEntryFollowsFromSeed(t *testing.T) {
	const want = "4711. Frances, 20 May 1996:\nWhat a lovely place, and the cat remembers me. Until next year.\n"
	if got := book.AsText(book.Seed(4711)); got != want {
		t.Errorf("entry 4711 = %q, want %q", got, want)
	}
	if book.WantEntry != want {
		t.Errorf("expected body = %q, want %q", book.WantEntry, want)
	}
}

// Entry 10000, by hand as above: 769·13 + 3, 1428·7 + 4, 909·11 + 1, 2000·5. 10,000 hours are 416 days and 16 hours,
// so it is signed in the morning of 27 December 1996.
const newestArticle = `<article id="entry-10000">
<h2><a href="/entries/10000">Barbara</a>, 27 December 1996</h2>
<p>My grandmother signed here before me, &amp; the soup was &lt;excellent&gt;. Thank you!</p>
</article>
`

// The page is built without the template: 50 articles, newest first.
func TestPageFollowsFromSeed(t *testing.T) {
	before, rest, _ := strings.Cut(book.PageSource, "{{range .}}")
	_, after, _ := strings.Cut(rest, "{{end}}")
	page := before
	var entries []book.Entry
	for id := 10_000; id > 10_000-50; id-- {
		message := fmt.Sprintf("%s, %s. %s", book.Openings[id%7], book.Middles[id%11], book.Endings[id%5])
		page += fmt.Sprintf("<article id=\"entry-%d\">\n<h2><a href=\"/entries/%[1]d\">%s</a>, %s</h2>\n",
			id, book.Names[id%13], book.Seed(int64(id)).Day())
		page += fmt.Sprintf("<p>%s</p>\n</article>\n", html.EscapeString(message))
		entries = append(entries, book.Seed(int64(id)))
	}
	page += after
	if !strings.Contains(page, newestArticle) {
		t.Errorf("the page built by the test lacks\n%s", newestArticle)
	}
	got, err := book.Render(entries)
	if err != nil || string(got) != page {
		t.Errorf("page (%v) =\n%s\nwant\n%s", err, got, page)
	}
	sum := sha256.Sum256([]byte(page))
	if right := hex.EncodeToString(sum[:]); book.WantPageSHA256 != right {
		t.Errorf("expected SHA-256 of the page = %s, want %s", book.WantPageSHA256, right)
	}
}
