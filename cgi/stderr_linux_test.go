package cgi_test

import (
	"os"
	"sync"
	"testing"
)

// The host closes all its files after children that exit at once, children whose standard error is followed, and
// children that leave a process behind.
func TestNoOpenFilesAreLeft(t *testing.T) {
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	hosts := []string{head + `echo soon >&2`, head + `sleep 0.1; echo late >&2`, head + `sleep 0.5 >/dev/null & exit 0`}
	ask(shell(hosts[0]), "/") // opens the files that stay open
	before := open()
	var all sync.WaitGroup
	for range 4 {
		for _, script := range hosts {
			all.Go(func() {
				for range 5 {
					ask(shell(script), "/")
				}
			})
		}
	}
	all.Wait()
	eventually(t, "no more files are open than before", func() bool { return open() <= before })
}
