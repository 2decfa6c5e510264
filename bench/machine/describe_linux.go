package machine

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"forktax/bench/record"
)

func describe(e *record.Environment) {
	e.Kernel = readWord("/proc/sys/kernel/osrelease")
	if id := readWord("/proc/sys/kernel/random/boot_id"); id != "" {
		e.Boot = fmt.Sprintf("%.6x", sha256.Sum256([]byte(id)))
	}
	e.Image = image()
	e.ClockSource = readWord("/sys/devices/system/clocksource/clocksource0/current_clocksource")
	e.Governor = readWord("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
	e.Mitigations = mitigations()
	e.Limits = limits()
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return
	}
	if cpus, err := fs.CPUInfo(); err == nil && len(cpus) > 0 {
		e.CPU = strings.Join(strings.Fields(cpus[0].ModelName), " ")
	}
	if memory, err := fs.Meminfo(); err == nil && memory.MemTotalBytes != nil {
		e.MemoryBytes = int64(*memory.MemTotalBytes)
	}
	if load, err := fs.LoadAvg(); err == nil {
		e.Load1 = load.Load1
	}
	if c := Counters(); c.CPUSeconds > 0 {
		e.StealShare = c.StealSeconds / c.CPUSeconds
	}
}

// image returns the image of a hosted runner, or else the name of the distribution; "" if both are unknown.
func image() string {
	if name := os.Getenv("ImageOS"); name != "" { // set by GitHub Actions
		return strings.TrimSpace(name + " " + os.Getenv("ImageVersion"))
	}
	text, _ := os.ReadFile("/etc/os-release")
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return ""
}

// readWord returns the content of a small kernel file, or "" if it does not exist.
func readWord(name string) string {
	text, _ := os.ReadFile(name)
	return strings.TrimSpace(string(text))
}

func mitigations() map[string]string {
	files, _ := filepath.Glob("/sys/devices/system/cpu/vulnerabilities/*")
	found := map[string]string{}
	for _, name := range files {
		if text := readWord(name); text != "" && text != "Not affected" {
			found[filepath.Base(name)] = text
		}
	}
	return found
}

// limits returns the limits of this process and its control group, by name.
func limits() map[string]string {
	found := map[string]string{}
	for name, resource := range map[string]int{"open files": unix.RLIMIT_NOFILE, "processes": unix.RLIMIT_NPROC} {
		var r unix.Rlimit
		if unix.Getrlimit(resource, &r) == nil {
			found[name] = fmt.Sprint(r.Cur)
			if r.Cur == unix.RLIM_INFINITY {
				found[name] = "unlimited"
			}
		}
	}
	found["local ports"] = readWord("/proc/sys/net/ipv4/ip_local_port_range")
	if own := cgroupDirs(""); len(own) > 0 {
		for _, name := range []string{"cpu.max", "memory.max", "pids.max"} {
			if text := readWord(filepath.Join(own[0], name)); text != "" {
				found[name] = text
			}
		}
	}
	return found
}

// Counters reads the machine's counters. Counters that are not available are zero. It takes a few tenths of a
// millisecond.
func Counters() record.Counters {
	var c record.Counters
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return c
	}
	if stat, err := fs.Stat(); err == nil {
		t := stat.CPUTotal
		c.CPUSeconds = t.User + t.Nice + t.System + t.Idle + t.Iowait + t.IRQ + t.SoftIRQ + t.Steal
		c.StealSeconds = t.Steal
	}
	if self, err := fs.Self(); err == nil {
		if net, err := self.Netstat(); err == nil {
			c.ListenDrops = valueOrZero(net.ListenDrops)
			c.ListenOverflows = valueOrZero(net.ListenOverflows)
			c.SYNRetransmits = valueOrZero(net.TCPSynRetrans)
		}
	}
	return c
}

func valueOrZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}
