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
		s, ok := statOf(pid)
		if !ok || pid == self {
			continue
		}
		parents[pid], ids[pid] = s.parent, s.id
		member[pid] = !reaped && pid == child || inGroup && s.group == child || bytes.Contains(environment(pid), marked)
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
	var found []Found
	for _, pid := range allPIDs() {
		mark := markOf(pid, prefix)
		if s, ok := statOf(pid); ok && mark != "" {
			found = append(found, Found{s.id, s.parent, mark})
		}
	}
	slices.SortFunc(found, byStart)
	return found
}

// Among returns those of the processes that run and began after this process, in the order of their starts.
func Among(pids []int, prefix string) []Found {
	self, ok := statOf(os.Getpid())
	if !ok {
		return nil
	}
	var found []Found
	for _, pid := range pids {
		mark := markOf(pid, prefix)
		if s, ok := statOf(pid); ok && s.id.began > self.id.began {
			found = append(found, Found{s.id, s.parent, mark})
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

type stat struct {
	id            ID
	parent, group int
}

// statOf returns what the system reports about a process, and reports whether it is alive: neither a zombie nor dead.
// The second field of its stat is its name, in parentheses; of those after it, the first is the state, then come parent
// and process group, and the twentieth is the start. See proc_pid_stat(5).
func statOf(pid int) (s stat, alive bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, false
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 20 || strings.ContainsAny(fields[0], "ZX") {
		return stat{}, false
	}
	parent, err1 := strconv.Atoi(fields[1])
	group, err2 := strconv.Atoi(fields[2])
	began, err3 := strconv.ParseUint(fields[19], 10, 64)
	return stat{ID{pid, began}, parent, group}, err1 == nil && err2 == nil && err3 == nil
}

// signal holds the process by a descriptor while it compares its ID, so that no other process with its PID gets the
// signal. Without such descriptors (before Linux 5.3) one could, if it began in the same moment.
func (id ID) signal(s syscall.Signal) {
	fd, _, failed := syscall.Syscall(sysPidfdOpen, uintptr(id.PID), 0, 0)
	if failed == 0 {
		defer syscall.Close(int(fd))
	}
	if now, alive := statOf(id.PID); !alive || now.id != id {
		return
	}
	if failed == 0 {
		_, _, failed = syscall.Syscall6(sysPidfdSendSignal, fd, uintptr(s), 0, 0, 0, 0)
	}
	if failed != 0 && failed != syscall.ESRCH { // a sandbox may refuse it
		_ = syscall.Kill(id.PID, s)
	}
}
