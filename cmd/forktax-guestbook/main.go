// Forktax-guestbook is the workload program of package book with SQLite.
package main

import "forktax/workload"

func main() { workload.Main(guestbook()) }

func guestbook() workload.Workload {
	w := database.Workload()
	w.Prepare, w.Setup = prepare, hold
	return w
}
