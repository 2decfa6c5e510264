// Forktax-guestbook-postgres is the workload of package book over PostgreSQL. It is a program of its own, and not a
// choice that guestbook has: a child that speaks to the one database would pay for the start of the other's driver.
package main

import "forktax/workload"

func main() { workload.Main(guestbook()) }

func guestbook() workload.Workload {
	w := database.Workload()
	w.Prepare = prepare
	return w
}
