package book

import "html/template"

// What the tests reach of the inside, from outside of the package.
var (
	Names, Openings, Middles, Endings = names, openings, middles, endings
	PageSource                        = pageSource
	AsText                            = asText
)

// What a load wants as the bodies of answers.
const (
	WantEntry      = wantEntry
	WantPageSHA256 = wantPageSHA256
)

// Render makes the page of the entries.
func Render(entries []Entry) ([]byte, error) {
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, err
	}
	return render(page, entries)
}
