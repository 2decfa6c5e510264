// Package book is a guestbook that does what small programs on the web do: it reads one row, renders a page of fifty,
// and stores what a visitor wrote, in a database of 10,000 entries. Which database that is, is the affair of the
// programs that use it, one for each, so that none links the driver of another.
//
// What a visitor signs waits for approval and is not on the page, and of what waits only the newest 100 are kept. So
// the database has a constant size however long it is signed, and every page is the same bytes as the one before: a
// run would otherwise compare different work.
package book

import (
	"net/http"

	"forktax/workload"
)

// The bodies that are wanted follow from the entries in seed.go; a test works them out anew.
const (
	wantEntry = "4711. Frances, 20 May 1996:\n" +
		"What a lovely place, and the cat remembers me. Until next year.\n"
	wantPageSHA256 = "11fc75629b2127a2fa86d1c65211223d5d16d60697346de39a51ab4cb688e04c"
)

// Workload is the guestbook over the database, with the same requests and answers whichever it is. Prepare and Hold are
// the database's affair.
func (d Database) Workload() workload.Workload {
	return workload.Workload{
		Name:     "guestbook",
		About:    "10,000 entries in " + d.Title + ": read one, render the latest 50, sign",
		Database: d.Kind,
		Requests: []workload.Request{
			{
				Name:   "read",
				Method: http.MethodGet,
				Path:   "/entries/4711",
				Want: workload.Want{
					Status:  http.StatusOK,
					Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
					Body:    wantEntry,
				},
			},
			{
				Name:   "page",
				Method: http.MethodGet,
				Path:   "/",
				Want: workload.Want{
					Status:     http.StatusOK,
					Headers:    map[string]string{"Content-Type": "text/html; charset=utf-8"},
					BodySHA256: wantPageSHA256,
				},
			},
			{
				Name:    "sign",
				Method:  http.MethodPost,
				Path:    "/sign",
				Headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
				Body:    "name=Ada&message=What+a+lovely+place%2C+I+shall+come+again.",
				Want: workload.Want{
					Status:  http.StatusSeeOther,
					Headers: map[string]string{"Location": "/?thanks"},
				},
			},
		},
		Open: d.Open,
		Env:  []string{Variable},
	}
}
