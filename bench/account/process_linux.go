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

// tick is the unit of CPU times in /proc. USER_HZ, the value of sysconf(_SC_CLK_TCK), is 100 on all architectures that
// Go supports.
const tick = time.Second / 100

// scheduled is the type of a CPU clock that counts nanoseconds instead of ticks: CPUCLOCK_SCHED in the kernel's
// include/linux/posix-timers.h.
const scheduled = 2

// process reads the CPU clock of a process. It counts the CPU time of all its threads in nanoseconds, and exists until
// the process has been waited for. See clock_getcpuclockid(3) for how the clock ID is derived from the PID.
func process(pid int) (used time.Duration, ok bool) {
	var t syscall.Timespec
	_, _, err := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(^pid<<3|scheduled), uintptr(unsafe.Pointer(&t)), 0)
	return time.Duration(t.Nano()), err == 0
}

// Alive reports whether all of the processes exist: none has ended and been waited for.
func Alive(pids ...int) bool {
	return !slices.ContainsFunc(pids, func(pid int) bool {
		_, ok := process(pid)
		return !ok
	})
}

// maxReads bounds how many times a tree is read while its processes end.
const maxReads = 5

// Tree returns the CPU time of the processes and all their descendants. The time of living processes is exact to the
// nanosecond. The time of processes that were waited for is truncated to ticks, though the kernel sums it up in
// nanoseconds. Not included are orphaned descendants, and children of processes that ignore SIGCHLD. Tree reports false
// if one of the processes has ended.
func Tree(pids ...int) (cpu CPU, ok bool) {
	for range maxReads {
		var changed bool
		if cpu, changed, ok = readTree(pids); !changed {
			break
		}
	}
	return cpu, ok
}

// readTree reads the tree once. It reports changed if a descendant was waited for meanwhile. Then the descendant's time
// may be missing, because its parent was read before.
func readTree(pids []int) (cpu CPU, changed, ok bool) {
	stats, children := processes()
	if !Alive(pids...) {
		return CPU{}, false, false
	}
	for _, pid := range descend(pids, children) {
		s, there := stats[pid]
		own, lives := process(pid)
		cpu.Used += own + s.waited
		if s.reaped {
			cpu.Resolution += 2 * tick // user and system time are each truncated
		}
		changed = changed || !there || !lives
	}
	return cpu, changed, len(stats) > 0
}

// descend returns the processes and all their descendants.
func descend(pids []int, children map[int][]int) []int {
	all := slices.Clone(pids)
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// Descendants returns all descendants of the processes, without the processes themselves.
func Descendants(pids ...int) []int {
	_, children := processes()
	return descend(pids, children)[len(pids):]
}

// HasReaped reports whether the process has waited for a child.
func HasReaped(pid int) bool {
	s, ok := readStat(pid)
	return ok && s.reaped
}

// StatOf returns what the system reports about a process, and reports whether it runs: it is neither a zombie nor dead.
func StatOf(pid int) (s Stat, runs bool) {
	all, ok := readStat(pid)
	return all.Stat, ok && !all.ended
}

func readStat(pid int) (s stat, ok bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return stat{}, false
	}
	return parse(text)
}

// A Stat has the relations of a process.
type Stat struct {
	Parent, Group int   // PIDs of its parent and of the leader of its process group
	Started       int64 // start time in ticks since boot; identifies the process together with its PID
}

// A stat is the content of /proc/PID/stat.
type stat struct {
	Stat
	ended        bool          // it is a zombie, or dead
	waited       time.Duration // CPU time of children that were waited for
	reaped       bool          // a child was waited for
	minor, major int64         // page faults of the process itself
	waitedMinor  int64         // page faults of children that were waited for
	waitedMajor  int64
}

// processes reads /proc/PID/stat of all processes. It returns the stats and the PIDs of the children, both by PID.
func processes() (stats map[int]stat, children map[int][]int) {
	stats, children = map[int]stat{}, map[int][]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil { // the process has ended meanwhile
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if s, ok := parse(text); ok {
			stats[pid] = s
			children[s.Parent] = append(children[s.Parent], pid)
		}
	}
	return stats, children
}

// Fields of /proc/PID/stat, counted from the first one after the name; see proc_pid_stat(5).
const (
	fieldState       = 0
	fieldParent      = 1
	fieldGroup       = 2
	fieldMinor       = 7
	fieldWaitedMinor = 8 // minor faults of children that were waited for
	fieldMajor       = 9
	fieldWaitedMajor = 10
	fieldUser        = 13 // user time of children that were waited for
	fieldSystem      = 14
	fieldStarted     = 19
)

func parse(text []byte) (s stat, ok bool) {
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:]) // the name may contain blanks and parentheses
	if len(fields) <= fieldStarted {
		return stat{}, false
	}
	number := func(field int) int64 {
		n, err := strconv.ParseInt(string(fields[field]), 10, 64)
		ok = ok && err == nil
		return n
	}
	ok = true
	s.ended = bytes.ContainsAny(fields[fieldState], "ZX")
	s.Parent, s.Group = int(number(fieldParent)), int(number(fieldGroup))
	s.waited = time.Duration(number(fieldUser)+number(fieldSystem)) * tick
	s.minor, s.major = number(fieldMinor), number(fieldMajor)
	s.waitedMinor, s.waitedMajor = number(fieldWaitedMinor), number(fieldWaitedMajor)
	s.Started = number(fieldStarted)
	// A child that used less than a tick of CPU time has at least caused page faults.
	s.reaped = s.waited > 0 || s.waitedMinor+s.waitedMajor > 0
	return s, ok
}
