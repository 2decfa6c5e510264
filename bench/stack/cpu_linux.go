package stack

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

const (
	restStep  = time.Millisecond       // between two looks at the processes
	restLimit = 100 * time.Millisecond // on waiting for them to rest
	tick      = int64(time.Second / 100)
)

// cpuAtRest is the processor time of the server's process and of all the children that it has had, in nanoseconds, once it
// stands still: a server's process outlives the client that it served a little, and what it uses then is that
// client's.
func (h *home) cpuAtRest(pid int) (ns int64, known bool) {
	ns, known = h.cpu(pid)
	for begin := time.Now(); known && time.Since(begin) < restLimit; {
		time.Sleep(restStep)
		now, still := h.cpu(pid)
		if now == ns {
			break
		}
		ns, known = now, still
	}
	return ns, known
}

// cpu is what the server's group says, or else what its processes do.
func (h *home) cpu(pid int) (ns int64, known bool) {
	if _, lives := lived(pid); !lives {
		return 0, false
	}
	if ns, known = h.group.cpu(); known {
		return ns, known
	}
	return cpuOf(pid)
}

// cpuOf adds up what lives, to the nanosecond, and what has ended, which the kernel adds up to the nanosecond but
// tells in hundredths of a second, cut off. So one difference of two readings may be wrong by up to two of these;
// over many the errors cancel, for where in a hundredth a reading falls is chance.
func cpuOf(pid int) (ns int64, known bool) {
	ns, known = lived(pid)
	if !known {
		return 0, false
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	if err != nil {
		return 0, false
	}
	for child := range strings.FieldsSeq(string(text)) {
		if n, err := strconv.Atoi(child); err == nil {
			own, _ := lived(n) // nothing if it has ended meanwhile, and then another look follows
			ns += own
		}
	}
	server, err := procfs.NewProc(pid)
	if err != nil {
		return 0, false
	}
	stat, err := server.Stat()
	if err != nil {
		return 0, false
	}
	return ns + int64(stat.CUTime+stat.CSTime)*tick, true
}

// lived is the processor time of a process that lives, with all its threads: the kernel has a clock of each, by a number
// that is made of the process's (see clock_getcpuclockid).
func lived(pid int) (ns int64, known bool) {
	const scheduled = 2 // and not a time of ticks
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|scheduled, &t); err != nil {
		return 0, false
	}
	return t.Nano(), true
}
