package process

import (
	"os"
	"path/filepath"
	"syscall"
)

// LockDir locks the directory for this process until the file is closed or the process ends, however it ends: a process
// number could be used again, a lock cannot. The error is EWOULDBLOCK while another process has the lock.
func LockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// RemoveAll removes the directory also where parts of it are read-only, as the modules are that Go's build downloads.
func RemoveAll(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, entry os.DirEntry, _ error) error {
		if entry != nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}
