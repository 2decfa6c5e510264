package auth

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/foreign"
)

// settled is how old a change of a file has to be for its times to differ from those of a later one. Systems count them
// in ticks of up to 10 ms, and some file systems in two seconds.
const settled = 2 * time.Second

// A version identifies the content of a file: any write changes the time of the last change, which no program can set.
type version struct {
	device, inode uint64
	size          int64
	modified      unix.Timespec
	changed       unix.Timespec
	settled       bool // a later change would have another time
}

func versionOf(s unix.Stat_t, at time.Time) version {
	changed := time.Unix(int64(s.Ctim.Sec), int64(s.Ctim.Nsec))
	return version{device: uint64(s.Dev), inode: s.Ino, size: s.Size, modified: s.Mtim, changed: s.Ctim,
		settled: changed.Before(at.Add(-settled))}
}

// holds reports whether the file still has the content that it had.
func (v version) holds(path string) bool {
	var s unix.Stat_t
	if !v.settled || unix.Stat(path, &s) != nil {
		return false
	}
	return versionOf(s, time.Now()) == v
}

// readVersion reads a regular file of bounded length.
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
		err = fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return versionOf(s, began), text, err
}
