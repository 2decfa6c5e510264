package subject

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Writable returns an error unless files can be created in the directory, which need not exist yet. It is the value of
// the option. A run that has nowhere to write should fail before it has measured.
func Writable(option, directory string) error {
	path, err := filepath.Abs(directory)
	for ; err == nil; path = filepath.Dir(path) {
		if err = unix.Access(path, unix.W_OK|unix.X_OK); err == nil {
			if info, failed := os.Stat(path); failed == nil && info.IsDir() {
				return nil
			}
			err = unix.ENOTDIR
		}
		if err == unix.ENOENT && path != filepath.Dir(path) {
			err = nil
		}
	}
	return InvalidOption(option, "%q: %v: must be a writable directory", directory, err)
}
