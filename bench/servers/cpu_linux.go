package servers

import (
	"slices"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

const (
	restStep  = time.Millisecond       // between two looks at the processes
	restLimit = 100 * time.Millisecond // on waiting for them to rest
	tick      = int64(time.Second / 100)
)

// cpuAtRest is the processor time of the server's processes and of all that they have started, in nanoseconds, once they
// stand still: a server's process outlives the client that it served a little, and what it uses then is that
// client's.
func (h *home) cpuAtRest(pids ...int) (ns int64, known bool) {
	ns, known = h.cpu(pids)
	for begin := time.Now(); known && time.Since(begin) < restLimit; {
		time.Sleep(restStep)
		now, still := h.cpu(pids)
		if now == ns {
			break
		}
		ns, known = now, still
	}
	return ns, known
}

// cpu is what the server's group says, or else what its processes do, unless they do not know it. Of a server that has ended
// it is not known.
func (h *home) cpu(pids []int) (ns int64, known bool) {
	for _, pid := range pids {
		if _, lives := lived(pid); !lives {
			return 0, false
		}
	}
	if ns, known = h.group.cpu(); known || h.forgets {
		return ns, known
	}
	return treeCPU(pids)
}

// treeCPU adds up what lives of the processes and of what descends from them, to the nanosecond, and what has ended, which
// the kernel adds up to the nanosecond but tells in hundredths of a second, cut off. So one difference of two readings may be
// wrong by up to two of these for each process; over many the errors cancel, for where in a hundredth a reading falls is
// chance.
func treeCPU(pids []int) (ns int64, known bool) {
	all, err := procfs.AllProcs()
	if err != nil {
		return 0, false
	}
	stats, children := map[int]procfs.ProcStat{}, map[int][]int{}
	for _, p := range all {
		s, err := p.Stat()
		if err != nil { // it has ended meanwhile
			continue
		}
		stats[p.PID] = s
		children[s.PPID] = append(children[s.PPID], p.PID)
	}
	for left := slices.Clone(pids); len(left) > 0; {
		pid := left[len(left)-1]
		left = append(left[:len(left)-1], children[pid]...)
		s, lives := stats[pid]
		if !lives {
			continue
		}
		own, _ := lived(pid) // nothing if it has ended meanwhile, and then another look follows
		ns += own + int64(s.CUTime+s.CSTime)*tick
	}
	return ns, true
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
