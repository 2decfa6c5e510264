package machine

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropCachedPages has the system forget what it holds of the file, as far as no process has it mapped. What is not yet
// on the disk it would have to keep, so that is written first.
func dropCachedPages(f *os.File) {
	_ = f.Sync()
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
