package buildcache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"forktax/bench/process"
)

// Limits of the cache. Go's own build cache, which removes entries that were not used for 5 days, makes most of the
// entries here quick to rebuild. It does not help with executables built by other tools, which may be compared again
// after a two-week sprint.
const (
	maxUnused = 14 * 24 * time.Hour
	maxBytes  = 2 << 30
	// minUnused protects recently used entries from maxBytes, since an older forktax, which does not lock, may use them.
	minUnused = time.Hour
)

// An entry is a directory of programs or the executable of a commit.
type entry struct {
	path, mark string
	marked     bool // false if only an older forktax, which does not record uses, has used it
	used       time.Time
	bytes      int64
}

// Prune removes entries that were not used for 14 days, and then the least recently used, until at most 2 GiB remain.
// It keeps entries used in the last hour, and entries that a process uses. Entries without a mark, of an older forktax,
// are not counted, and are removed 14 days after they were built. Errors are ignored.
func Prune() {
	if root, err := Root(); err == nil {
		prune(root, time.Now(), maxBytes)
	}
}

// prune is Prune with the given root, time and limit in bytes.
func prune(root string, now time.Time, limit int64) {
	entries := slices.Concat(entriesIn(root, root, programsName.MatchString),
		entriesIn(root, filepath.Join(root, revisionsDir), revisionName.MatchString))
	slices.SortFunc(entries, func(a, b entry) int { return a.used.Compare(b.used) })
	var total int64
	for _, e := range entries {
		if e.marked {
			total += e.bytes
		}
	}
	for _, e := range entries {
		unused := now.Sub(e.used)
		tooMuch := total > limit && e.marked && unused > minUnused
		if (unused > maxUnused || tooMuch) && e.remove() && e.marked {
			total -= e.bytes
		}
	}
}

// entriesIn lists the entries in a directory of the cache.
func entriesIn(root, dir string, isName func(string) bool) []entry {
	files, _ := os.ReadDir(dir) // none if dir does not exist
	var entries []entry
	for _, file := range files {
		if isName(file.Name()) {
			e := entry{path: filepath.Join(dir, file.Name()), mark: filepath.Join(root, marksDir, file.Name())}
			e.bytes, e.used = sizeOf(e.path)
			marked := modTime(e.mark)
			e.marked, e.used = !marked.IsZero(), latest(e.used, marked)
			entries = append(entries, e)
		}
	}
	return entries
}

// sizeOf returns the total size of the files at and below path, and the latest modification time.
func sizeOf(path string) (bytes int64, modified time.Time) {
	_ = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // removed meanwhile
		}
		if info, err := d.Info(); err == nil {
			modified = latest(modified, info.ModTime())
			if info.Mode().IsRegular() {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes, modified
}

func modTime(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// remove removes the entry and its mark, unless a process uses it or has used it since it was listed. It reports
// whether it has removed the entry.
func (e entry) remove() bool {
	f, made, err := openMark(e.mark)
	if err != nil {
		return false
	}
	defer f.Close()
	if flock(f, syscall.LOCK_EX|syscall.LOCK_NB) != nil || !isAt(f, e.mark) || !made && modTime(e.mark).After(e.used) {
		return false
	}
	if process.RemoveAll(e.path) != nil {
		return false
	}
	_ = os.Remove(e.mark)
	return true
}

// openMark opens a mark. If there is none, as for an entry of an older forktax, it creates one, so that a process that
// starts to use the entry waits for the lock.
func openMark(path string) (f *os.File, made bool, err error) {
	f, err = os.OpenFile(path, os.O_RDWR, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, false, err
	}
	f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	return f, true, err
}
