// Forktax-guestbook is the workload of package book over SQLite.
package main

import "forktax/workload"

func main() { workload.Main(guestbook()) }

func guestbook() workload.Workload {
	w := database.Workload()
	w.Prepare, w.Setup = prepare, hold
	return w
}
