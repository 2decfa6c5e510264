// Package buildcache stores built workload programs and executables of commits in the user's cache directory,
// and removes unused ones. Packages subject and revision build them.
//
// An entry is a directory of programs or an executable. Each entry has a mark, an empty file whose
// modification time is the time of the last use. Processes that use the entry hold a lock on the mark. Entries
// themselves are never changed.
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
	revisionsDir = "revisions" // executables of commits; directories of programs are in Root itself
	marksDir     = "used"
)

// Root returns the directory of the cache, which may not exist.
func Root() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the user's cache directory: %w", err)
	}
	return filepath.Join(cache, "forktax"), nil
}

// Names of entries. No other files are removed.
var (
	programsName = regexp.MustCompile(`^[0-9a-f]{12}$`)
	revisionName = regexp.MustCompile(`^[0-9a-f]{12}-[0-9a-f]{12}$`)
)

// Programs creates the directory of programs with this name, which has 12 hexadecimal digits, if it does not exist. It
// marks the directory as in use until this process ends, and reports whether it has created it.
func Programs(name string) (dir string, made bool, err error) {
	root, err := Root()
	if err != nil {
		return "", false, err
	}
	use(root, name)
	dir = filepath.Join(root, name)
	_, missing := os.Stat(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", false, fmt.Errorf("creating a directory for built programs: %w", err)
	}
	return dir, missing != nil, nil
}

// Revision returns the path of the executable with this name, which has 12 hexadecimal digits, a hyphen and 12 more. It
// marks the executable as in use until this process ends. It creates the directory, but not the executable.
func Revision(name string) (path string, err error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	use(root, name)
	dir := filepath.Join(root, revisionsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("creating a directory for built programs: %w", err)
	}
	return filepath.Join(dir, name), nil
}

// marks has the open marks of the entries that this process uses, by path. They are locked until the process ends, for
// whatever reason.
var marks = struct {
	sync.Mutex
	open map[string]*os.File
}{open: map[string]*os.File{}}

// use marks an entry as used now, and as in use. If that fails, for example on a file system without locks, the entry
// can still be used: Prune cannot lock it either, and does not remove it.
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

// lockMark opens the mark, creating it if needed, and waits for a shared lock. Prune has an exclusive lock while it
// removes an entry and its mark; after that, lockMark creates a new one.
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

// flock locks the file. A signal, such as the Go runtime sends to itself, does not end the wait.
func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// isAt reports whether the open file is the file at path.
func isAt(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(opened, there)
}
