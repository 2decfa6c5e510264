// Forktax-guestbook-postgres is the workload program of package book with PostgreSQL. It is separate from
// forktax-guestbook, because a CGI child would otherwise initialize the drivers of both databases.
package main

import "forktax/workload"

func main() { workload.Main(guestbook()) }

func guestbook() workload.Workload {
	w := database.Workload()
	w.Prepare = prepare
	return w
}
