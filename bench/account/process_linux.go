package account

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// tick is the unit of CPU times in /proc: USER_HZ, which sysconf(_SC_CLK_TCK) returns, is 100 on each architecture that Go
// runs on.
const tick = time.Second / 100

// scheduled is the kind of a CPU clock that counts nanoseconds and not ticks: CPUCLOCK_SCHED in the kernel's
// include/linux/posix-timers.h.
const scheduled = 2

// process reads the CPU clock of a process, which counts all its threads to the nanosecond, from its start until it has
// been waited for. See clock_getcpuclockid(3) for how the number of the clock is made of the process's.
func process(pid int) (used time.Duration, ok bool) {
	var t syscall.Timespec
	_, _, err := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(^pid<<3|scheduled), uintptr(unsafe.Pointer(&t)), 0)
	return time.Duration(t.Nano()), err == 0
}

// Alive reports whether none of the processes has ended and been waited for.
func Alive(pids ...int) bool {
	return !slices.ContainsFunc(pids, func(pid int) bool {
		_, ok := process(pid)
		return !ok
	})
}

// mostLooks bounds how often a tree is looked at while its processes end.
const mostLooks = 5

// Tree reads the CPU time of the processes and of all that descends from them: of what lives, to the nanosecond, by its
// clock; of what has ended and was waited for, in ticks, which the kernel adds up in nanoseconds but reports cut off.
// Of descendants that have been disowned, or that a process has the kernel forget (SIGCHLD ignored), nothing is known. It
// reports false if one of the processes has ended.
func Tree(pids ...int) (cpu CPU, ok bool) {
	for range mostLooks {
		var changed bool
		if cpu, changed, ok = look(pids); !changed {
			break
		}
	}
	return cpu, ok
}

// look reports as changed that a descendant was waited for meanwhile. Then its time may be missing: its parent's was read
// before that.
func look(pids []int) (cpu CPU, changed, ok bool) {
	stats, children := processes()
	if !Alive(pids...) {
		return CPU{}, false, false
	}
	for _, pid := range descend(pids, children) {
		s, there := stats[pid]
		own, lives := process(pid)
		cpu.Used += own + s.waited
		if s.reaped {
			cpu.Resolution += 2 * tick // user and system time are cut off each
		}
		changed = changed || !there || !lives
	}
	return cpu, changed, len(stats) > 0
}

// descend returns the processes and all that descends from them.
func descend(pids []int, children map[int][]int) []int {
	all := slices.Clone(pids)
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// Descendants returns what descends from the processes, without them.
func Descendants(pids ...int) []int {
	_, children := processes()
	return descend(pids, children)[len(pids):]
}

// HasReaped reports whether the process has waited for a child.
func HasReaped(pid int) bool {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	s, ok := parse(text)
	return ok && s.reaped
}

// A stat is what /proc has of a process.
type stat struct {
	parent       int
	waited       time.Duration // CPU time of the children that it has waited for
	reaped       bool          // there were such
	minor, major int64         // page faults of its own
	waitedMinor  int64         // page faults of the children that it has waited for
	waitedMajor  int64
	started      int64 // when it started, in ticks since the system did: with its number, which process it is
}

// processes reads what /proc has of each process, and which children it has.
func processes() (stats map[int]stat, children map[int][]int) {
	stats, children = map[int]stat{}, map[int][]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil { // it has ended meanwhile
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if s, ok := parse(text); ok {
			stats[pid] = s
			children[s.parent] = append(children[s.parent], pid)
		}
	}
	return stats, children
}

// Fields of /proc/PID/stat, counted from the first one behind the name; see proc_pid_stat(5).
const (
	fieldParent      = 1
	fieldMinor       = 7
	fieldWaitedMinor = 8 // of children that were waited for
	fieldMajor       = 9
	fieldWaitedMajor = 10
	fieldUser        = 13 // of children that were waited for
	fieldSystem      = 14
	fieldStarted     = 19
)

func parse(text []byte) (s stat, ok bool) {
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]) // a name may have blanks and parentheses
	if len(fields) <= fieldStarted {
		return stat{}, false
	}
	number := func(field int) int64 {
		n, err := strconv.ParseInt(string(fields[field]), 10, 64)
		ok = ok && err == nil
		return n
	}
	ok = true
	s.parent = int(number(fieldParent))
	s.waited = time.Duration(number(fieldUser)+number(fieldSystem)) * tick
	s.minor, s.major = number(fieldMinor), number(fieldMajor)
	s.waitedMinor, s.waitedMajor = number(fieldWaitedMinor), number(fieldWaitedMajor)
	s.started = number(fieldStarted)
	// A child that has used less than a tick has had page faults.
	s.reaped = s.waited > 0 || s.waitedMinor+s.waitedMajor > 0
	return s, ok
}
