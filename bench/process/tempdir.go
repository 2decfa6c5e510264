package process

import (
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"forktax/bench/foreign"
)

// marker is the file that marks a temporary directory of forktax. It holds the name of the directory, so that a copied
// or renamed directory does not count as temporary.
const marker = ".forktax-temporary"

// TempDir creates a temporary directory and returns a function that removes it. The purpose is named in the error.
func TempDir(purpose string) (dir string, remove func() error, err error) {
	return TempDirIn("", "forktax-", purpose)
}

// TempDirIn creates a temporary directory in parent; "" means the system's directory for temporary files. Its name
// begins with prefix; names with the same prefix have the same length. This process holds a lock on the directory.
// Before it creates the first directory in parent, TempDirIn removes those left there by killed processes.
func TempDirIn(parent, prefix, purpose string) (dir string, remove func() error, err error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweepOnce(parent)
	dir = filepath.Join(parent, prefix+rand.Text()[:12])
	if err = os.Mkdir(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("creating a directory for %s: %w", purpose, err)
	}
	// Lock the directory before marking it, so that other processes never see it marked but unlocked. Some network file
	// systems have no locks on directories; there it is not marked, and other processes do not remove it.
	lock, lockErr := LockDir(dir)
	if lockErr == nil {
		err = mark(dir)
	}
	if err != nil {
		lock.Close()
		_ = os.RemoveAll(dir)
		return "", nil, fmt.Errorf("creating a directory for %s: %w", purpose, err)
	}
	return dir, func() error {
		defer lock.Close() // fails if there is no lock
		err := RemoveAll(dir)
		if err != nil {
			_ = mark(dir) // for a later sweep
		}
		return err
	}, nil
}

func mark(dir string) error {
	return os.WriteFile(filepath.Join(dir, marker), []byte(filepath.Base(dir)), 0o600)
}

// swept holds the parent directories that this process has swept.
var swept sync.Map

func sweepOnce(parent string) {
	if _, done := swept.LoadOrStore(parent, true); !done {
		Sweep(parent)
	}
}

// Sweep removes temporary directories in parent that killed processes of this user left behind. Directories that are in
// use, belong to another user or cannot be removed stay.
func Sweep(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, entry := range entries {
		if entry.IsDir() {
			removeStale(filepath.Join(parent, entry.Name()))
		}
	}
}

// removeStale removes the directory if it is marked, belongs to this user, and is not locked.
func removeStale(dir string) {
	if !isMarked(dir) {
		return
	}
	lock, err := LockDir(dir)
	if err != nil {
		return
	}
	defer lock.Close()
	if isMarked(dir) && RemoveAll(dir) != nil { // check again, now that it is locked
		_ = mark(dir)
	}
}

// isMarked reports whether the directory is a temporary directory of this user.
func isMarked(dir string) bool {
	file := filepath.Join(dir, marker)
	if !isOwn(dir, fs.ModeDir) || !isOwn(file, 0) {
		return false
	}
	name, err := os.ReadFile(file)
	return err == nil && string(name) == filepath.Base(dir)
}

// isOwn reports whether the file has that type, is not a symbolic link to one, and belongs to this user.
func isOwn(path string, kind fs.FileMode) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == kind && foreign.IsOwn(info)
}
