//go:build unix

package foreign

import (
	"io/fs"
	"os"
	"syscall"
)

// IsOwn reports whether the file belongs to the user of this process.
func IsOwn(info fs.FileInfo) bool {
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid()
}
