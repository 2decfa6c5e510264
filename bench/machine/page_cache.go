package machine

import (
	"fmt"
	"io"

	"forktax/bench/explain"
	"forktax/bench/foreign"
)

// NormalizePageCache brings the executable at path, and its interpreter if it is a script, into a defined state in the
// page cache. Linux caches a file in pieces (folios). Their size depends on the program and the system calls that wrote
// the file, and affects how fast the program starts: copies of the same bytes differ by more than a run can detect. So
// the file is written back, dropped from the cache, and read once from beginning to end. Pages that other processes
// have mapped are not changed. Only failing to open or read a file is an error, since a run is possible, but less
// precise, without the other steps.
func NormalizePageCache(path string) error {
	for _, path := range explain.Executables(path) {
		if err := normalizeFile(path); err != nil {
			return fmt.Errorf("normalizing the page cache of %s: %w", path, err)
		}
	}
	return nil
}

// normalizeFile normalizes one file.
func normalizeFile(path string) error {
	f, err := foreign.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	dropCachedPages(f)
	piece := make([]byte, 128<<10) // as cat does; the first read determines the size of the pieces
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, piece)
	return err
}
