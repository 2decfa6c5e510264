package stack

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

const (
	restStep  = time.Millisecond       // between two looks at the processes
	restLimit = 100 * time.Millisecond // on waiting for them to rest
	tick      = int64(time.Second / 100)
)

// cpuAtRest is the processor time of the process and of all the children that it has had, in nanoseconds, once it
// stands still: a server's process outlives the client that it served a little, and what it uses then is that
// client's.
func cpuAtRest(pid int) (ns int64, known bool) {
	ns, known = cpuOf(pid)
	for begin := time.Now(); known && time.Since(begin) < restLimit; {
		time.Sleep(restStep)
		now, still := cpuOf(pid)
		if now == ns {
			break
		}
		ns, known = now, still
	}
	return ns, known
}

// cpuOf adds up what lives, to the nanosecond, and what has ended, which the kernel adds up to the nanosecond but
// tells in hundredths of a second, cut off. So one difference of two readings may be wrong by up to two of these;
// over many the errors cancel, for where in a hundredth a reading falls is chance.
func cpuOf(pid int) (ns int64, known bool) {
	ns, known = running(pid)
	if !known {
		return 0, false
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	if err != nil {
		return 0, false
	}
	for child := range strings.FieldsSeq(string(text)) {
		if n, err := strconv.Atoi(child); err == nil {
			own, _ := running(n) // nothing if it has ended meanwhile, and then another look follows
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

// running is for how long a process of one thread has run.
func running(pid int) (ns int64, known bool) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0, false
	}
	s, err := p.Schedstat()
	if err != nil {
		return 0, false
	}
	return int64(s.RunningNanoseconds), true
}
