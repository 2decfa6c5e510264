//go:build linux

package load

import "forktax/bench/record"

const (
	// pageLen is the number of observations handed to the recorder at a time (400 KB).
	pageLen = 4096
	// keptPages bounds the memory of one core's journal to 25 MB.
	keptPages = 64
)

// A journal keeps the observations of one generator core until the block is over, because the recorder's work
// (encoding, writing, allocating) would disturb the measurement. Only if its pages are full does it hand over the
// oldest page during the block.
type journal struct {
	pages     [][]record.Observation // a ring, kept between blocks
	first     int                    // index of the page with the oldest observations
	used      int                    // pages in use; the last one is partly filled
	n         int                    // observations on the last page
	flushPage func([]record.Observation)
}

// reserve allocates pages for the expected number of observations, up to keptPages. It touches them, so that the block
// causes no page faults.
func (j *journal) reserve(expected int) {
	for len(j.pages) < min(expected/pageLen+1, keptPages) {
		page := make([]record.Observation, pageLen)
		clear(page)
		j.pages = append(j.pages, page)
	}
	j.first, j.used, j.n = 0, 1, 0
}

// next returns the slot for the next observation.
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

// flush hands over all remaining observations.
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
