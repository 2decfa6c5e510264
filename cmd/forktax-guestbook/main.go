// Forktax-guestbook is the workload of package book over SQLite.
package main

import "forktax/twin"

func main() { twin.Main(workload()) }

func workload() twin.Workload {
	w := database.Workload()
	w.Prepare, w.Hold = prepare, hold
	return w
}
