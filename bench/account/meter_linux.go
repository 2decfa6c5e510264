package account

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Read returns the resource usage of the server once it rests. It reports false if not even the CPU time is known.
func (m *Meter) Read() (r Reading, known bool) {
	if r.CPU, known = m.CPUAtRest(); !known {
		return Reading{}, false
	}
	stats, children := processes()
	for _, pid := range m.members(children) {
		s, there := stats[pid]
		status, err := statusOf(pid)
		if !there || err != nil { // the process has ended meanwhile
			continue
		}
		r.OnlyCPU = r.OnlyCPU || m.ForgetsChildren || ignoresSIGCHLD(status)
		r.PeakMemory += peakMemory(status)
		r.MinorFaults += s.minor + s.waitedMinor
		r.MajorFaults += s.major + s.waitedMajor
		r.EndedFaults += s.waitedMinor + s.waitedMajor
		m.see(identity{pid, s.Started})
	}
	r.Processes = int64(len(m.seen))
	if r.OnlyCPU {
		if _, known = m.Group.CPU(); !known {
			return Reading{}, false
		}
		return Reading{CPU: r.CPU, OnlyCPU: true}, true
	}
	if m.Supervised { // supervisors adopt orphans of the server
		for _, pid := range m.PIDs {
			s := stats[pid]
			r.MinorFaults += s.waitedMinor
			r.MajorFaults += s.waitedMajor
			r.EndedFaults += s.waitedMinor + s.waitedMajor
		}
	}
	return r, true
}

// members returns the processes of the server.
func (m *Meter) members(children map[int][]int) []int {
	all := descend(m.PIDs, children)
	if m.Supervised {
		return all[len(m.PIDs):]
	}
	return all
}

func (m *Meter) see(one identity) {
	if m.seen == nil {
		m.seen = map[identity]bool{}
	}
	m.seen[one] = true
}

// ignoresSIGCHLD reports whether a process ignores SIGCHLD, so that the kernel forgets its children when they end.
func ignoresSIGCHLD(status []byte) bool {
	return statusNumber(status, "SigIgn:", 16)>>(syscall.SIGCHLD-1)&1 == 1
}

// PeakMemory returns the sum of the peak resident sizes of living processes in bytes.
func PeakMemory(pids ...int) (sum int64) {
	for _, pid := range pids {
		if status, err := statusOf(pid); err == nil {
			sum += peakMemory(status)
		}
	}
	return sum
}

func statusOf(pid int) ([]byte, error) {
	return os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
}

func peakMemory(status []byte) int64 { return statusNumber(status, "VmHWM:", 10) << 10 } // in KiB

// statusNumber returns a number of /proc/PID/status; 0 if it is missing, like the memory size of a process that has
// ended.
func statusNumber(status []byte, name string, base int) int64 {
	for line := range bytes.Lines(status) {
		if value, is := bytes.CutPrefix(line, []byte(name)); is {
			fields := bytes.Fields(value)
			if len(fields) == 0 {
				return 0
			}
			n, _ := strconv.ParseUint(string(fields[0]), base, 64)
			return int64(n)
		}
	}
	return 0
}
