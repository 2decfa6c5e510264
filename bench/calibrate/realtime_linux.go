package calibrate

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// useRealTime puts all threads of this process, and those that they start, at real-time priority where that is
// permitted: as the generator is in open loops. A server that is an instrument must not wait for a processor while
// others compile.
func useRealTime() {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.SchedSetAttr(id, &unix.SchedAttr{Policy: unix.SCHED_FIFO, Priority: 1}, 0)
		}
	}
}
