package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// probe sets the facts that do not need a sample over time.
func probe(f *Facts) {
	f.Governor = readWord("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
	f.Turbo = turbo()
	f.ClockSource = readWord("/sys/devices/system/clocksource/clocksource0/current_clocksource")
	f.RealTime = realTime()
	var files unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) == nil {
		f.OpenFiles = &files.Max // Go programs raise their limit to it; for others, it can be raised
	}
	f.Processes = startableProcesses()
	f.Ports = ports()
	f.HugePages = bracketed(readWord("/sys/kernel/mm/transparent_hugepage/enabled"))
	if files, _ := filepath.Glob("/sys/devices/system/cpu/vulnerabilities/*"); len(files) > 0 {
		n := 0
		for _, what := range mitigations() {
			if strings.HasPrefix(what, "Mitigation") {
				n++
			}
		}
		f.Mitigations = &n
	}
}

// turbo returns "on" if CPUs may temporarily run above their base frequency, "off" if not, and "" if not known.
func turbo() string {
	for name, on := range map[string]string{"intel_pstate/no_turbo": "0", "cpufreq/boost": "1"} {
		switch readWord(filepath.Join("/sys/devices/system/cpu", name)) {
		case "":
		case on:
			return "on"
		default:
			return "off"
		}
	}
	return ""
}

// bracketed returns the word in brackets, which marks the active value in a kernel file.
func bracketed(text string) string {
	_, text, _ = strings.Cut(text, "[")
	text, _, _ = strings.Cut(text, "]")
	return text
}

// realTime reports whether this process may use the real-time priority of the load generator. It sets the priority and
// resets it; package load sets the same one for loads at a rate.
func realTime() *bool {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	wanted := unix.SchedAttr{Policy: unix.SCHED_FIFO, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	permitted := unix.SchedSetAttr(0, &wanted, 0) == nil
	if permitted {
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_NORMAL}, 0)
	}
	return &permitted
}

// startableProcesses returns how many processes may still be started. The user limit does not apply to root; the limit
// of the control group applies to all. The kernel counts threads.
func startableProcesses() *uint64 {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NPROC, &limit) != nil {
		return nil
	}
	left := uint64(unix.RLIM_INFINITY)
	if os.Geteuid() != 0 && limit.Cur != unix.RLIM_INFINITY {
		left = limit.Cur - min(limit.Cur, threads())
	}
	if n, limited := remaining("pids", "pids.max", "pids.current", "pids.max", "pids.current"); limited {
		left = min(left, n)
	}
	if most := parseUint(readWord("/proc/sys/kernel/pid_max")); most > 0 {
		left = min(left, most)
	}
	return &left
}

// threads returns the number of threads of this process's user.
func threads() uint64 {
	n := 0
	for _, p := range processes() {
		var s unix.Stat_t
		if unix.Stat(fmt.Sprintf("/proc/%d", p.PID), &s) == nil && int(s.Uid) == os.Getuid() {
			n += p.NumThreads
		}
	}
	return uint64(n)
}

func ports() *Ports {
	var low, high int
	if _, err := fmt.Sscan(readWord("/proc/sys/net/ipv4/ip_local_port_range"), &low, &high); err != nil {
		return nil
	}
	p := Ports{All: high - low + 1}
	fs, _ := procfs.NewDefaultFS()
	sockets, err := fs.NetSockstat()
	if err != nil {
		return &p
	}
	for _, protocol := range sockets.Protocols {
		if protocol.Protocol == "TCP" && protocol.TW != nil {
			p.Waiting = *protocol.TW
		}
	}
	return &p
}

// freeSpace returns the free space on the directory's disk, in bytes.
func freeSpace(path string) *uint64 {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return nil
	}
	n := s.Bavail * uint64(s.Bsize)
	return &n
}
