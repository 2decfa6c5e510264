package cgi_test

import (
	"os"
	"sync"
	"testing"
)

// Neither a child that ends soon nor one whose standard error is followed, nor what it leaves behind, costs the host an
// open file.
func TestNoOpenFilesAreLeft(t *testing.T) {
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	hosts := []string{head + `echo soon >&2`, head + `sleep 0.1; echo late >&2`, head + `sleep 0.5 >/dev/null & exit 0`}
	ask(shell(hosts[0]), "/") // after which all is there that stays
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
