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

// Evict has the system let go of the files, as far as no process has them mapped: what is read of them next is read
// from
// the disk. It takes no right but to read them. What is not a file, or is not there, is left out.
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

// virtual are directories whose files are on no disk.
var virtual = []string{"/proc/", "/sys/", "/dev/"}

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
		file.Kept = min(int64(held.Cache)*int64(unix.Getpagesize()), info.Size())
	}
	return file, nil
}

// CanEvict is an error where files cannot be let go.
func CanEvict() error { return nil }
