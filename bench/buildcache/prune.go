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

// Limits of the cache. Go's own build cache removes what was not used for 5 days; it makes most of what is here quick
// to build again, but not what other tools build, which may be compared again after a sprint of two weeks.
const (
	maxUnused = 14 * 24 * time.Hour
	maxBytes  = 2 << 30
	// minUnused protects from maxBytes what was just used: an older forktax, which locks nothing, may use it as well.
	minUnused = time.Hour
)

// An entry is a directory of programs or the executable of a commit.
type entry struct {
	path, mark string
	marked     bool // else only an older forktax has used it, which does not say when
	used       time.Time
	bytes      int64
}

// Prune removes the entries that were not used for 14 days, and then the ones that were not used for longest, until the
// others have at most 2 GiB; those of the last hour stay. Entries without a mark, of an older forktax, are not
// counted, and
// are removed 14 days after they were built. It never removes an entry that a process uses. What cannot be removed
// stays.
func Prune() {
	if root, err := Root(); err == nil {
		prune(root, time.Now(), maxBytes)
	}
}

// prune is Prune of the cache at root, at that time and with a limit of that many bytes.
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
	files, _ := os.ReadDir(dir) // one that is missing has none
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

// sizeOf returns how many bytes the files at and below path have, and when the newest was modified.
func sizeOf(path string) (bytes int64, modified time.Time) {
	_ = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // it is gone
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
// whether the entry is gone.
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

// openMark opens a mark. It makes one if there is none, as for an entry of an older forktax: a process that now begins
// to use the entry waits for its lock.
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
