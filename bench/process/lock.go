package process

import (
	"os"
	"path/filepath"
	"syscall"
)

// LockDir locks the directory for this process until the file is closed or the process ends in any way. Unlike a PID, a
// lock cannot be reused by another process. The error is EWOULDBLOCK while another process holds the lock.
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

// RemoveAll is like os.RemoveAll, but also removes read-only subdirectories, such as modules
// downloaded by the Go command.
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
