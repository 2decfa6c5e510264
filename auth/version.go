package auth

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/foreign"
)

// settled is the age of a change of a file after which a later change certainly has a different time. Kernels count the
// times of files in ticks of up to 10 ms, and some file systems in units of 2 s.
const settled = 2 * time.Second

// A version identifies the content of a file. Any write changes the file's ctime, which no program can set.
type version struct {
	device, inode uint64
	size          int64
	modified      unix.Timespec
	changed       unix.Timespec
	settled       bool // a later change has a different time
}

func versionOf(s unix.Stat_t, at time.Time) version {
	changed := time.Unix(int64(s.Ctim.Sec), int64(s.Ctim.Nsec))
	return version{device: uint64(s.Dev), inode: s.Ino, size: s.Size, modified: s.Mtim, changed: s.Ctim,
		settled: changed.Before(at.Add(-settled))}
}

// holds reports whether the content of the file is certainly unchanged.
func (v version) holds(path string) bool {
	var s unix.Stat_t
	if !v.settled || unix.Stat(path, &s) != nil {
		return false
	}
	return versionOf(s, time.Now()) == v
}

// readVersion reads a regular file of at most maxFile bytes.
func readVersion(path string) (v version, text []byte, err error) {
	began := time.Now()
	f, err := foreign.Open(path)
	if err != nil {
		return v, nil, err
	}
	defer f.Close()
	var s unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &s); err != nil {
		return v, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	text, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return versionOf(s, began), text, err
}
