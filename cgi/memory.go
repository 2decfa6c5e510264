package cgi

import (
	"os"
	"strconv"
	"strings"
)

// PeakMemory returns the highest resident size of this process in bytes, or 0 where the system does not tell. It is
// VmHWM: getrusage's ru_maxrss of a process that was started by vfork begins at its parent's peak, and would show the
// host's memory in every child. The file is read by hand because a library for it would have to be initialised in every
// child.
func PeakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	if !found {
		return 0
	}
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes * 1024
}
