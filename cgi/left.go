package cgi

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"forktax/bench/account"
	"forktax/cgi/spawn"
	"forktax/workload/contract"
)

// Numbers of intervals of the watch between two checks of the processes that children left running. Without a control
// group, looking for them takes milliseconds, so the more frequent check does so only if the system has gained more
// threads than may be left.
const (
	checkLeftEvery = 20
	findLeftEvery  = 20 * checkLeftEvery
)

// leftovers bounds the processes that children leave running. It finds them by the marks in their environment,
// and if the host has a control group of its own, also without.
type leftovers struct {
	most   int    // how many may be left; not bounded if it is not positive
	prefix string // of the variable with the mark of a child of the host
	group  string // Host.Group
	log    func(text string)
	others int // threads of the system that children did not leave, as far as known
	n      int // intervals of the watch so far
}

func newLeftovers(h *Host, log func(text string)) leftovers {
	l := leftovers{most: h.limits.Left, prefix: contract.EnvChild + "=" + h.mark + ".", log: log, others: spawn.Tasks()}
	if slices.Contains(account.PIDsOf(h.Group), os.Getpid()) {
		l.group = h.Group
	}
	return l
}

// check kills the processes above the bound: first those without a mark, then those of the last requests. It is called
// at each interval of the watch. Running returns the numbers of the running children.
func (l *leftovers) check(running func() map[string]bool) {
	l.n++
	if l.most <= 0 || l.n%checkLeftEvery != 0 || !l.mayBeTooMany() {
		return
	}
	left := l.find(running)
	if l.group == "" {
		l.others = spawn.Tasks() - len(left)
	}
	if len(left) <= l.most {
		return
	}
	still := map[spawn.ID]bool{}
	for _, p := range l.find(running) { // without children that have just ended
		still[p.ID] = true
	}
	left = slices.DeleteFunc(left, func(p spawn.Found) bool { return !still[p.ID] })
	if len(left) <= l.most {
		return
	}
	slices.SortStableFunc(left, func(a, b spawn.Found) int { return cmp.Compare(requestOf(a), requestOf(b)) })
	var ids []spawn.ID
	for _, p := range left[l.most:] {
		ids = append(ids, p.ID)
	}
	spawn.Signal(ids, syscall.SIGKILL)
	l.log(fmt.Sprintf("killed %d processes that scripts left running: at most %d may be left", len(ids), l.most))
}

// mayBeTooMany reports whether it is worth while to look for the processes.
func (l *leftovers) mayBeTooMany() bool {
	if l.group != "" {
		pids := account.PIDsOf(l.group)
		if slices.Contains(pids, os.Getpid()) {
			return len(pids) > l.most+1 || l.n%findLeftEvery == 0 // one is the host
		}
		l.group = "" // the host was moved into another group
	}
	all := spawn.Tasks()
	l.others = min(l.others, all)
	return all-l.others > l.most || l.n%findLeftEvery == 0
}

// find returns the processes that children left running.
func (l *leftovers) find(running func() map[string]bool) []spawn.Found {
	var found []spawn.Found
	if l.group != "" {
		found = spawn.Among(account.PIDsOf(l.group), l.prefix)
	}
	if l.group == "" || l.n%findLeftEvery == 0 { // a process may have entered another group
		for _, p := range spawn.Marked(l.prefix) {
			if !slices.ContainsFunc(found, func(q spawn.Found) bool { return q.ID == p.ID }) {
				found = append(found, p)
			}
		}
	}
	parents := map[int]int{}
	for _, p := range found {
		parents[p.PID] = p.Parent
	}
	now := running() // after the search: a child that began meanwhile was not found
	return slices.DeleteFunc(found, func(p spawn.Found) bool {
		return p.Mark != "" && now[p.Mark] || p.Mark == "" && isOurs(parents, p.PID)
	})
}

// isOurs reports whether a process has this process as an ancestor. Parents are those of all processes of its group.
func isOurs(parents map[int]int, pid int) bool {
	for range len(parents) + 1 {
		parent, known := parents[pid]
		if !known {
			break
		}
		pid = parent
	}
	return pid == os.Getpid()
}

// requestOf returns the number of the request whose child left the process.
func requestOf(p spawn.Found) int {
	n, err := strconv.Atoi(p.Mark)
	if err != nil {
		return math.MaxInt
	}
	return n
}

// numbers returns the numbers of the running children, with which their marks end.
func (s *exchanges) numbers() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]bool{}
	for e := range s.all {
		all[e.mark[strings.LastIndexByte(e.mark, '.')+1:]] = true
	}
	return all
}
