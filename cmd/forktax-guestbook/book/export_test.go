package book

import "html/template"

// Unexported identifiers for the tests in package book_test.
var (
	Names, Openings, Middles, Endings = names, openings, middles, endings
	PageSource                        = pageSource
	AsText                            = asText
)

// Expected bodies of responses.
const (
	WantEntry      = wantEntry
	WantPageSHA256 = wantPageSHA256
)

// Render returns the page with the entries.
func Render(entries []Entry) ([]byte, error) {
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, err
	}
	return render(page, entries)
}
