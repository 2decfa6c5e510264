//go:build linux

package load

import "forktax/bench/record"

const (
	// pageLen is how many observations are handed to the recorder at once, 400 KB of them.
	pageLen = 4096
	// keptPages bounds the memory of one core's journal to 25 MB.
	keptPages = 64
)

// A journal keeps the observations of one generator core until the block is over, because whatever the recorder does
// with them (encoding, writing, allocating) would disturb what is measured. Only a block that has more of them than the
// journal has pages hands over its oldest page while it runs.
type journal struct {
	pages     [][]record.Observation // a ring, kept from block to block
	first     int                    // the page with the oldest observations
	used      int                    // pages in use, the last of them partly
	n         int                    // observations on the last page
	flushPage func([]record.Observation)
}

// reserve makes room for as many observations as are expected, within the bound. It touches what it allocates, so that
// the block does not have to wait for the kernel to find the memory.
func (j *journal) reserve(expected int) {
	for len(j.pages) < min(expected/pageLen+1, keptPages) {
		page := make([]record.Observation, pageLen)
		clear(page)
		j.pages = append(j.pages, page)
	}
	j.first, j.used, j.n = 0, 1, 0
}

// next returns the place of the next observation.
func (j *journal) next() *record.Observation {
	if j.n == pageLen {
		j.nextPage()
	}
	o := &j.pages[(j.first+j.used-1)%len(j.pages)][j.n]
	j.n++
	return o
}

// nextPage begins another page.
func (j *journal) nextPage() {
	if j.used == len(j.pages) {
		j.flushPage(j.pages[j.first])
		j.first = (j.first + 1) % len(j.pages)
		j.used--
	}
	j.used++
	j.n = 0
}

// flush hands over all that is left.
func (j *journal) flush() {
	for ; j.used > 1; j.used-- {
		j.flushPage(j.pages[j.first])
		j.first = (j.first + 1) % len(j.pages)
	}
	if j.n > 0 {
		j.flushPage(j.pages[j.first][:j.n])
	}
	j.n = 0
}
