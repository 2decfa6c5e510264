// Guestbook is a workload that does what small programs on the web do: it reads one row, renders a page of fifty, and
// stores what a visitor wrote, in an SQLite database of 10,000 entries.
//
// What a visitor signs waits for approval and is not on the page, and of what waits only the newest 100 are kept. So the
// database has a constant size however long it is signed, and every page is the same bytes as the one before: a run
// would otherwise compare different work.
package main

import (
	"net/http"

	"forktax/twin"
)

// databaseVariable names the database file in the environment of a serving program.
const databaseVariable = "GUESTBOOK_DATABASE"

// The bodies that are wanted follow from the entries in seed.go; a test works them out anew.
var workload = twin.Workload{
	Name:  "guestbook",
	About: "10,000 entries in SQLite: read one, render the latest 50, sign",
	Requests: []twin.Request{
		{
			Name:   "read",
			Method: http.MethodGet,
			Path:   "/entries/4711",
			Want: twin.Want{
				Status:  http.StatusOK,
				Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
				Body:    wantEntry,
			},
		},
		{
			Name:   "page",
			Method: http.MethodGet,
			Path:   "/",
			Want: twin.Want{
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
			Want: twin.Want{
				Status:  http.StatusSeeOther,
				Headers: map[string]string{"Location": "/?thanks"},
			},
		},
	},
	Open:    open,
	Prepare: prepare,
	Env:     []string{databaseVariable},
	Hold:    hold,
}

const (
	wantEntry = "4711. Frances, 20 May 1996:\n" +
		"What a lovely place, and the cat remembers me. Until next year.\n"
	wantPageSHA256 = "11fc75629b2127a2fa86d1c65211223d5d16d60697346de39a51ab4cb688e04c"
)

func main() { twin.Main(workload) }
