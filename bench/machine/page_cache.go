package machine

import (
	"fmt"
	"io"

	"forktax/bench/explain"
	"forktax/bench/foreign"
)

// NormalizePageCache has the system hold the executable at path, and what interprets it if it is a script, in memory in
// the same way however it was written. Linux holds a file in pieces whose size depends on who wrote it and by what
// calls, and how fast a program starts depends on them: copies of the same bytes differ by more than what a run can
// find. So the file is written back, let go, and read once from its beginning to its end. What other processes have
// mapped stays as it is. Only a file that cannot be opened or read is an error: without the rest a run is less exact,
// and no less possible.
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
	piece := make([]byte, 128<<10) // what cat reads at once; the first read decides the size of the pieces
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, piece)
	return err
}
