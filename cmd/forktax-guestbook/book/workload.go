// Package book implements a guestbook, a workload typical of small web programs. It reads a row, renders a page of 50
// entries, and stores a new entry, in a database of 10,000 entries. There is a program for each kind of database, so
// that none links the driver of another.
//
// New entries wait for approval and are not on the page, and only the newest 100 of them are kept. So the size of the
// database and the bytes of the page are constant, and all requests of a run do the same work.
package book

import (
	"net/http"

	"forktax/workload"
)

// The expected bodies follow from the entries in seed.go; a test computes them independently.
const (
	wantEntry = "4711. Frances, 20 May 1996:\n" +
		"What a lovely place, and the cat remembers me. Until next year.\n"
	wantPageSHA256 = "11fc75629b2127a2fa86d1c65211223d5d16d60697346de39a51ab4cb688e04c"
)

// Workload returns the guestbook with this database. Requests and responses are the same for all databases. The caller
// sets Prepare and Setup.
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
