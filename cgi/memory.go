package cgi

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"sync"
)

// status is /proc/self/status, which is opened once: a serving process is asked for its peak at both ends of each
// block, and to open the file and grow a buffer for it costs more than to have it written and read.
var status struct {
	sync.Mutex
	file *os.File
	text [8 << 10]byte // of which some 1,500 are used, and more by a user of many groups
}

// PeakMemory returns the highest resident size of this process in bytes, or 0 where the system does not tell. It is
// VmHWM: getrusage's ru_maxrss of a process that was started by vfork begins at its parent's peak, and would show the
// host's memory in every child, and the harness's in every host. For the same reason ru_maxrss cannot tell whether
// VmHWM has grown: below the parent's peak it stands still. The file is read by hand because a library for it would
// have to be initialised in every child.
func PeakMemory() int64 {
	status.Lock()
	defer status.Unlock()
	if status.file == nil {
		file, err := os.Open("/proc/self/status")
		if err != nil {
			return 0
		}
		status.file = file
	}
	// One read is the whole file, written anew. ReadAt would look for its end, by having it written again.
	if _, err := status.file.Seek(0, io.SeekStart); err != nil {
		return 0
	}
	n, err := status.file.Read(status.text[:])
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status.text[:n], []byte("VmHWM:"))
	number, _, found := bytes.Cut(rest, []byte("kB"))
	if !found {
		return 0
	}
	kilobytes, err := strconv.ParseInt(string(bytes.TrimSpace(number)), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes * 1024
}
