// Forktax-guestbook-table is the workload program of package book with the entries in the program itself: a WebAssembly
// module cannot link SQLite, which is written in C. It reads entries and renders pages, but does not store new ones.
package main

import (
	"database/sql/driver"

	"forktax/cmd/forktax-guestbook/book"
	"forktax/workload"
)

func main() { workload.Main(guestbook) }

var guestbook = reading(book.Database{
	Title:     "a table of the program",
	Connector: func(string) (driver.Connector, error) { return table{}, nil },
	Entry:     oneEntry,
	Newest:    newestEntries,
})

// reading returns the requests of a guestbook that do not change it.
func reading(d book.Database) workload.Workload {
	w := d.Workload()
	w.Name, w.Module = "guestbook-table", true
	w.About = "the guestbook with its entries in the program: read one, render the latest 50"
	requests := w.Requests
	w.Requests = nil
	for _, r := range requests {
		if r.Method == "GET" {
			w.Requests = append(w.Requests, r)
		}
	}
	return w
}
