package machine

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"forktax/bench/foreign"
	"forktax/bench/record"
)

// Evict drops the files from the page cache, except for pages that a process has mapped, so that the next read is from
// the disk. It needs only read permission. Paths that are not regular files, do not exist or cannot be read are
// skipped.
func Evict(paths []string) ([]record.ColdFile, error) {
	var all []record.ColdFile
	for _, path := range paths {
		if slices.ContainsFunc(virtual, func(dir string) bool { return strings.HasPrefix(path, dir) }) {
			continue
		}
		file, err := evict(path)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, errNoFile):
		case err != nil:
			return nil, err
		default:
			all = append(all, file)
		}
	}
	return all, nil
}

// virtual lists directories whose files have no pages. Files in /dev/shm have, and stay there.
var virtual = []string{"/proc/", "/sys/"}

var errNoFile = errors.New("not a regular file")

func evict(path string) (record.ColdFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return record.ColdFile{}, err
	}
	if !info.Mode().IsRegular() {
		return record.ColdFile{}, errNoFile
	}
	f, err := foreign.Open(path)
	if err != nil {
		return record.ColdFile{}, err
	}
	defer f.Close()
	dropCachedPages(f)
	file := record.ColdFile{Path: path, Bytes: info.Size()}
	var held unix.Cachestat_t
	if err := unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{Len: uint64(info.Size())}, &held, 0); err == nil {
		file.Kept = new(min(int64(held.Cache)*int64(unix.Getpagesize()), info.Size()))
	}
	return file, nil
}

// CanEvict returns an error if Evict is not available on this system.
func CanEvict() error { return nil }
