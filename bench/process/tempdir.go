package process

import (
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// marker is the file in a temporary directory that says that it is one of ours. It holds the name of the directory, so
// that a copy is not one, nor what was moved to be kept.
const marker = ".forktax-temporary"

// TempDir makes a temporary directory and returns what removes it. The purpose is for the error.
func TempDir(purpose string) (dir string, remove func() error, err error) {
	return TempDirIn("", "forktax-", purpose)
}

// TempDirIn makes a temporary directory in parent, by default that for temporary files. Its name begins with prefix;
// names with one prefix are equally long. While this process lives it has the directory locked. Before the first one in
// parent, what killed processes left there is removed.
func TempDirIn(parent, prefix, purpose string) (dir string, remove func() error, err error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweepOnce(parent)
	dir = filepath.Join(parent, prefix+rand.Text()[:12])
	if err = os.Mkdir(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("making a folder for %s: %w", purpose, err)
	}
	// Locked before it is marked, so that it is never seen with a mark and without a lock. Some network file systems have
	// no locks on directories; there nothing is marked, nor removed by another process.
	lock, unlockable := LockDir(dir)
	if unlockable == nil {
		err = mark(dir)
	}
	if err != nil {
		lock.Close()
		_ = os.RemoveAll(dir)
		return "", nil, fmt.Errorf("making a folder for %s: %w", purpose, err)
	}
	return dir, func() error {
		defer lock.Close() // fails if there is none
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

// swept are the directories that this process has swept.
var swept sync.Map

func sweepOnce(parent string) {
	if _, done := swept.LoadOrStore(parent, true); !done {
		Sweep(parent)
	}
}

// Sweep removes the temporary directories in parent that processes of this user left which did not live to do it, as
// after SIGKILL. What is in use, and what another user owns, stays; so does what cannot be removed.
func Sweep(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, entry := range entries {
		if entry.IsDir() {
			removeStale(filepath.Join(parent, entry.Name()))
		}
	}
}

// removeStale removes the directory if it is a marked one of this user, and if nothing has it locked.
func removeStale(dir string) {
	if !isMarked(dir) {
		return
	}
	lock, err := LockDir(dir)
	if err != nil {
		return
	}
	defer lock.Close()
	if isMarked(dir) && RemoveAll(dir) != nil { // still, now that it is ours
		_ = mark(dir)
	}
}

// isMarked reports whether the directory is a temporary one that this user made.
func isMarked(dir string) bool {
	file := filepath.Join(dir, marker)
	if !isOwn(dir, fs.ModeDir) || !isOwn(file, 0) {
		return false
	}
	name, err := os.ReadFile(file)
	return err == nil && string(name) == filepath.Base(dir)
}

// isOwn reports whether this user owns the file, which is of that type and not a link to one.
func isOwn(path string, kind fs.FileMode) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != kind {
		return false
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid()
}
