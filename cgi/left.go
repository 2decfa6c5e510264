package cgi

import (
	"fmt"
	"slices"
	"strconv"
	"syscall"

	"forktax/cgi/spawn"
	"forktax/workload/contract"
)

// Numbers of intervals of the watch between two checks of the processes that children left running. Looking for them
// takes milliseconds, so the more frequent check does so only if the system has gained more threads than may be left.
const (
	checkLeftEvery = 20
	findLeftEvery  = 20 * checkLeftEvery
)

// leftovers bounds the processes that children leave running.
type leftovers struct {
	most   int    // how many may be left; not bounded if it is not positive
	mark   string // of the host's children
	log    func(text string)
	others int // threads of the system that children did not leave, as far as known
	n      int // intervals of the watch so far
}

func newLeftovers(most int, mark string, log func(text string)) leftovers {
	return leftovers{most: most, mark: mark, log: log, others: spawn.Tasks()}
}

// check kills the processes above the bound, those of the last requests first. It is called at each interval of the
// watch. Running returns the marks of the running children.
func (l *leftovers) check(running func() map[string]bool) {
	l.n++
	if l.most <= 0 || l.n%checkLeftEvery != 0 {
		return
	}
	all := spawn.Tasks()
	l.others = min(l.others, all)
	if all-l.others <= l.most && l.n%findLeftEvery != 0 {
		return
	}
	type process struct{ pid, request int }
	var left []process
	prefix := contract.EnvChild + "=" + l.mark + "."
	found := spawn.Marked(prefix)
	now := running() // after the search: a child that began meanwhile was not found
	for pid, rest := range found {
		if n, err := strconv.Atoi(rest); err == nil && !now[l.mark+"."+rest] {
			left = append(left, process{pid, n})
		}
	}
	l.others = all - len(left)
	if len(left) <= l.most {
		return
	}
	still := spawn.Marked(prefix) // without children that have just ended
	left = slices.DeleteFunc(left, func(p process) bool { return still[p.pid] != strconv.Itoa(p.request) })
	if len(left) <= l.most {
		return
	}
	slices.SortFunc(left, func(a, b process) int { return a.request - b.request })
	var pids []int
	requests := map[int]bool{}
	for _, p := range left[l.most:] {
		pids, requests[p.request] = append(pids, p.pid), true
	}
	spawn.Signal(pids, syscall.SIGKILL)
	l.log(fmt.Sprintf("killed %d processes that scripts left running after %d requests: at most %d may be left",
		len(pids), len(requests), l.most))
}

// marks returns the marks of the running children.
func (s *exchanges) marks() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]bool{}
	for e := range s.all {
		all[e.mark] = true
	}
	return all
}
