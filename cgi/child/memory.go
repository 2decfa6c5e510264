package child

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"sync"
)

// status is /proc/self/status, opened once. A server reads it at both ends of each block, and opening the file and
// growing a buffer for it would cost more than reading it.
var status struct {
	sync.Mutex
	file *os.File
	text [8 << 10]byte // about 1,500 bytes are used, more if the user is in many groups
}

// PeakMemory returns the peak resident set size of this process in bytes, or 0 if the system does not report it. The
// source is VmHWM in /proc/self/status, see proc_pid_status(5).
//
// It does not use ru_maxrss of getrusage(2): in a process started by vfork, that begins at its parent's peak. Every
// child would then show the memory of its host, and every host that of the harness.
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
	// The file is parsed by hand because every child would have to initialise a library for it. One read returns the
	// whole file as the kernel generates it. ReadAt would read on to its end and have the kernel generate it again.
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
