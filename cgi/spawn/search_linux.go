package spawn

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"forktax/bench/account"
)

// Descendants returns the running processes among a child and its descendants. It finds them by their parents, by their
// process group, and by the mark in their environment, which remains when a parent has exited. It does not find a
// process that has lost all three.
func (p *Process) Descendants(mark string) []ID {
	p.mu.Lock()
	child, reaped := p.pid, p.reaped
	p.mu.Unlock()
	if child == 0 {
		return nil
	}
	parents, ids, member := map[int]int{}, map[int]ID{}, map[int]bool{}
	marked := []byte(mark + "\x00")
	self := os.Getpid()
	// A number is not given to another process while it is that of a process group. So if the child is reaped and there
	// is a process with its number, no process of its group is left.
	_, err := os.Stat("/proc/" + strconv.Itoa(child))
	inGroup := !reaped || err != nil
	for _, pid := range allPIDs() {
		s, runs := account.StatOf(pid)
		if !runs || pid == self {
			continue
		}
		parents[pid], ids[pid] = s.Parent, ID{pid, s.Started}
		member[pid] = !reaped && pid == child || inGroup && s.Group == child || bytes.Contains(environment(pid), marked)
	}
	for grown := true; grown; {
		grown = false
		for pid, parent := range parents {
			if !member[pid] && member[parent] {
				member[pid], grown = true, true
			}
		}
	}
	var all []ID
	for pid, is := range member {
		if is {
			all = append(all, ids[pid])
		}
	}
	return all
}

// Marked returns the running processes whose environment has a variable that begins with the prefix, such as NAME=x, in
// the order of their starts.
func Marked(prefix string) []Found {
	return search(allPIDs(), func(pid int) (mark string, wanted bool) {
		mark = markOf(pid, prefix)
		return mark, mark != ""
	})
}

// Among returns those of the processes that run and began after this process, in the order of their starts.
func Among(pids []int, prefix string) []Found {
	self, ok := account.StatOf(os.Getpid())
	if !ok {
		return nil
	}
	found := search(pids, func(pid int) (string, bool) { return markOf(pid, prefix), true })
	return slices.DeleteFunc(found, func(p Found) bool { return p.began <= self.Started })
}

// search returns the running processes among those that are wanted by their mark.
func search(pids []int, markOf func(pid int) (mark string, wanted bool)) (found []Found) {
	for _, pid := range pids {
		mark, wanted := markOf(pid)
		if !wanted {
			continue
		}
		if s, runs := account.StatOf(pid); runs {
			found = append(found, Found{ID{pid, s.Started}, s.Parent, mark})
		}
	}
	slices.SortFunc(found, byStart)
	return found
}

func byStart(a, b Found) int { return cmp.Or(cmp.Compare(a.began, b.began), a.PID-b.PID) }

func allPIDs() (pids []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// environment returns the environment that a process was started with. It is empty for processes of other users.
func environment(pid int) []byte {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return text
}

// markOf returns the rest of the first variable of a process that begins with the prefix.
func markOf(pid int, prefix string) string {
	for variable := range bytes.SplitSeq(environment(pid), []byte{0}) {
		if rest, ok := bytes.CutPrefix(variable, []byte(prefix)); ok {
			return string(rest)
		}
	}
	return ""
}

// Tasks returns the number of all threads of the system, or 0 if it is unknown. It costs far less than [Marked].
func Tasks() int {
	text, err := os.ReadFile("/proc/loadavg") // three loads, then running/all; see proc_loadavg(5)
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 4 {
		return 0
	}
	_, all, _ := strings.Cut(fields[3], "/")
	n, _ := strconv.Atoi(all)
	return n
}

// signal holds the process by a descriptor while it compares its ID, so that no other process with its PID gets the
// signal. Without such descriptors (before Linux 5.3) one could, if it began in the same moment.
func (id ID) signal(s syscall.Signal) {
	fd, _, failed := syscall.Syscall(sysPidfdOpen, uintptr(id.PID), 0, 0)
	if failed == 0 {
		defer syscall.Close(int(fd))
	}
	if now, runs := account.StatOf(id.PID); !runs || now.Started != id.began {
		return
	}
	if failed == 0 {
		_, _, failed = syscall.Syscall6(sysPidfdSendSignal, fd, uintptr(s), 0, 0, 0, 0)
	}
	if failed != 0 && failed != syscall.ESRCH { // a sandbox may refuse it
		_ = syscall.Kill(id.PID, s)
	}
}
