package account

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// limiting lists the hierarchies that limit CPU time; see Documentation/admin-guide/cgroup-v2.rst and
// Documentation/scheduler/sched-bwc.rst of the kernel.
var limiting = []hierarchy{{fileSystem: "cgroup2"}, {fileSystem: "cgroup", controller: "cpu"}}

// Limiters are the control groups of a process that may limit its CPU time. Their files stay open, so a group is read
// in some microseconds. Nil Limiters mean that there are none. They are used by one goroutine at a time.
type Limiters struct {
	groups []limiter
	limit  CPULimit // the tightest limit of the groups
}

// A limiter is a control group with its file of throttling counters.
type limiter struct {
	dir  string
	stat *os.File
	buf  [1024]byte
}

// LimitersOf returns the Limiters of a process; 0 means this process. It returns nil if no group counts throttling or
// has a limit. Limits that are set later are not seen.
func LimitersOf(pid int) *Limiters { return limitersOf("/proc", pid) }

// limitersOf is LimitersOf for proc, a directory like /proc.
func limitersOf(proc string, pid int) *Limiters {
	process := "self"
	if pid != 0 {
		process = strconv.Itoa(pid)
	}
	l := &Limiters{}
	var unlimited string // innermost group that counts throttling and has no limit
	for _, h := range limiting {
		for _, dir := range h.dirs(proc, process) {
			limit := readLimit(dir)
			switch {
			case limit.Cores() > 0:
				l.add(dir)
			case unlimited == "" && counts(dir):
				unlimited = dir
			}
			if limit.tighter(l.limit) {
				l.limit = limit
			}
		}
	}
	if len(l.groups) == 0 && unlimited != "" {
		l.add(unlimited)
	}
	if len(l.groups) == 0 && l.limit.Cores() == 0 {
		return nil
	}
	return l
}

// add adds a group, if it counts throttling.
func (l *Limiters) add(dir string) {
	stat, err := os.Open(filepath.Join(dir, "cpu.stat"))
	if err != nil {
		return
	}
	g := limiter{dir: dir, stat: stat}
	if _, counted := g.read(); !counted {
		stat.Close()
		return
	}
	l.groups = append(l.groups, g)
}

// counts reports whether a group counts throttling. The root group of version 2 does not, nor do groups without the cpu
// controller.
func counts(dir string) bool {
	text, _ := os.ReadFile(filepath.Join(dir, "cpu.stat"))
	_, counted := parseThrottling(text)
	return counted
}

// Limit returns the tightest limit.
func (l *Limiters) Limit() CPULimit {
	if l == nil {
		return CPULimit{}
	}
	return l.limit
}

// Read returns the sum of the counters of all groups. It reports false if that is unknown.
func (l *Limiters) Read() (sum Throttling, known bool) {
	if l == nil {
		return Throttling{}, false
	}
	for i := range l.groups {
		t, counted := l.groups[i].read()
		if !counted {
			return Throttling{}, false
		}
		sum.Periods += t.Periods
		sum.Throttled += t.Throttled
		sum.Time += t.Time
	}
	return sum, len(l.groups) > 0
}

// Same reports whether l and other are the same groups.
func (l *Limiters) Same(other *Limiters) bool {
	if l == nil || other == nil {
		return l == other
	}
	return slices.EqualFunc(l.groups, other.groups, func(a, b limiter) bool { return a.dir == b.dir })
}

// Close closes the files.
func (l *Limiters) Close() {
	if l == nil {
		return
	}
	for _, g := range l.groups {
		g.stat.Close()
	}
	l.groups = nil
}

func (g *limiter) read() (t Throttling, counted bool) {
	n, _ := g.stat.ReadAt(g.buf[:], 0) // the error is io.EOF, as the file is shorter than the buffer
	return parseThrottling(g.buf[:n])
}

// parseThrottling parses a cpu.stat file of either version. It reports false if the file has no throttling counters.
func parseThrottling(text []byte) (t Throttling, counted bool) {
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil {
			continue
		}
		switch string(name) {
		case "nr_periods":
			t.Periods = n
		case "nr_throttled":
			t.Throttled, counted = n, true
		case "throttled_usec": // version 2
			t.Time = time.Duration(n) * time.Microsecond
		case "throttled_time": // version 1
			t.Time = time.Duration(n)
		}
	}
	return t, counted
}

// readLimit returns the limit of a group of either version.
func readLimit(dir string) CPULimit {
	read := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(dir, name))
		return strings.TrimSpace(string(text))
	}
	quota, period, second := strings.Cut(read("cpu.max"), " ")
	if !second {
		quota, period = read("cpu.cfs_quota_us"), read("cpu.cfs_period_us")
	}
	q, err := strconv.ParseInt(quota, 10, 64) // "max" and -1 mean no limit
	p, err2 := strconv.ParseInt(period, 10, 64)
	if err != nil || err2 != nil || q <= 0 || p <= 0 {
		return CPULimit{}
	}
	return CPULimit{time.Duration(q) * time.Microsecond, time.Duration(p) * time.Microsecond}
}
