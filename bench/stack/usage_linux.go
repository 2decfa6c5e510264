package stack

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/procfs"

	"forktax/bench"
)

// Usage is what the server has used so far, with all processes that it started, once they rest: a child may outlive its
// answer a little. Nil says that it is not known.
func (w *Web) Usage() *bench.Usage {
	used, err := w.usage()
	for begin := time.Now(); err == nil && time.Since(begin) < restLimit; {
		time.Sleep(restStep)
		var now bench.Usage
		if now, err = w.usage(); now == used {
			break
		}
		used = now
	}
	if err != nil {
		return nil
	}
	return &used
}

// errForgotten says that the time of a server's children is known to nobody.
var errForgotten = errors.New("the server has the kernel forget its children, and there is no control group to count them in")

func (w *Web) usage() (bench.Usage, error) {
	ns, known := w.home.group.cpu()
	switch {
	case known:
		return bench.Usage{SelfCPUNS: ns, Outside: true}, nil
	case w.forgets:
		return bench.Usage{}, errForgotten
	}
	return usageOf(w.PIDs())
}

// usageOf adds up what lives, to the nanosecond, and what has ended and was waited for, in hundredths of a second; see
// cpuOf.
func usageOf(pids []int) (bench.Usage, error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return bench.Usage{}, fmt.Errorf("looking at all processes: %w", err)
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
	used := bench.Usage{Outside: true}
	for len(pids) > 0 {
		pid := pids[len(pids)-1]
		pids = append(pids[:len(pids)-1], children[pid]...)
		s, lives := stats[pid]
		if !lives {
			continue
		}
		own, _ := lived(pid) // nothing if it has ended meanwhile, and then another look follows
		used.SelfCPUNS += own
		used.ChildrenCPUNS += int64(s.CUTime+s.CSTime) * tick
	}
	return used, nil
}
