// Package buildcache keeps what is built, workload programs and executables of commits, in the user's cache directory,
// and removes what is no longer used. It does not build anything: packages subject and revision do.
//
// An entry is a directory of programs or an executable. Each has a mark, an empty file: its modification time is that
// of the last use, and processes that use the entry have the mark locked. Entries themselves are not touched: they
// stay as they were built.
package buildcache

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// Directories below Root.
const (
	revisionsDir = "revisions" // executables of commits; directories of programs are beside it
	marksDir     = "used"
)

// Root returns the directory of the cache, which may not exist.
func Root() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a directory for built programs: %w", err)
	}
	return filepath.Join(cache, "forktax"), nil
}

// Names of entries. Only these are ever removed.
var (
	programsName = regexp.MustCompile(`^[0-9a-f]{12}$`)
	revisionName = regexp.MustCompile(`^[0-9a-f]{12}-[0-9a-f]{12}$`)
)

// Programs makes the directory of programs with this name, of 12 hexadecimal digits, if it does not exist, and marks it
// as in use until this process ends. It reports whether it made it.
func Programs(name string) (dir string, made bool, err error) {
	root, err := Root()
	if err != nil {
		return "", false, err
	}
	use(root, name)
	dir = filepath.Join(root, name)
	_, missing := os.Stat(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", false, fmt.Errorf("making a directory for built programs: %w", err)
	}
	return dir, missing != nil, nil
}

// Revision returns the path of the executable with this name, 12 and 12 hexadecimal digits with a hyphen between them,
// and marks it as in use until this process ends. It makes the directory of the executable, and not the executable.
func Revision(name string) (path string, err error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	use(root, name)
	dir := filepath.Join(root, revisionsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making a directory for built programs: %w", err)
	}
	return filepath.Join(dir, name), nil
}

// marks are the open marks of the entries that this process uses, by their paths. They are locked until it ends,
// however it ends.
var marks = struct {
	sync.Mutex
	open map[string]*os.File
}{open: map[string]*os.File{}}

// use marks an entry as used now, and in use. Where that cannot be done, as where a file system has no locks, the entry
// can be used nevertheless: Prune cannot lock it either, and leaves it.
func use(root, name string) {
	marks.Lock()
	defer marks.Unlock()
	path := filepath.Join(root, marksDir, name)
	if f := marks.open[path]; f == nil || !isAt(f, path) {
		f, err := lockMark(path)
		if err != nil {
			return
		}
		marks.open[path] = f
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now)
}

// lockMark opens the mark, which it makes if there is none, and waits for a lock that other users can share. Prune has
// it alone while it removes an entry, and removes the mark as well: then another is made.
func lockMark(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		if err := flock(f, syscall.LOCK_SH); err != nil {
			f.Close()
			return nil, err
		}
		if isAt(f, path) {
			return f, nil
		}
		f.Close()
	}
}

// flock locks the file. A signal, as the Go runtime sends them to itself, does not end the wait.
func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// isAt reports whether the open file is the one at path.
func isAt(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(opened, there)
}
