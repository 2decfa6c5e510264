package machine

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropCachedPages drops the file's pages from the page cache, except for pages that a process has mapped. Dirty pages
// cannot be dropped, so they are written first.
func dropCachedPages(f *os.File) {
	_ = f.Sync()
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
