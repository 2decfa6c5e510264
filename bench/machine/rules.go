package machine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"forktax/bench/units"
)

// rules lists the rules in the order of the report. The rules about lost CPU time come first.
var rules = []rule{
	{"cores", "load generator and server compete for one core, so response times include waiting",
		"use a machine with at least 2 cores", judgeCores},
	{"steal", "confidence intervals get wider, so that small changes are missed; response times get longer",
		"measure at another time, measure longer, or use a dedicated machine", judgeSteal},
	{"others", "confidence intervals get wider, so that small changes are missed; response times get longer",
		"stop the busy processes, or wait until they end", judgeOthers},
	{"CPU quota", "when the quota is used up, all processes are paused for up to 0.1 s, even during a request",
		"raise or remove the container's CPU limit (docker --cpus, cpu.max)", judgeQuota},
	{"jitter", "each pause lengthens a response time: high percentiles first, then medians",
		"check steal, others and CPU quota for the cause", judgeJitter},
	{"frequency", "the CPU slows down when idle, so that a target is slower after a pause",
		"run cpupower frequency-set -g performance", judgeGovernor},
	{"turbo", "CPU speed depends on temperature and on the number of busy cores, so that absolute times drift",
		"turn it off with intel_pstate/no_turbo or cpufreq/boost in /sys/devices/system/cpu", judgeTurbo},
	{"clock", "reading the clock is slow, and is part of each measured time",
		"boot with clocksource=tsc, or use the hypervisor's clock", judgeClock},
	{"real-time priority", "in load at a fixed rate, the generator sends late, and blocks with too much lag are invalid",
		"run as root, allow rtprio 1 in /etc/security/limits.conf, or give the container CAP_SYS_NICE", judgeRealTime},
	{"open files", "each client needs one, each target several; runs with many clients are refused",
		"run ulimit -n 65536, or set LimitNOFILE= in the systemd unit", judgeFiles},
	{"processes", "a CGI host cannot start its children, and sends error responses",
		"raise ulimit -u, or pids.max of the control group", judgeProcesses},
	{"ports", "loads with a new connection per request (--no-keepalive) run out of local ports",
		`run sysctl -w net.ipv4.ip_local_port_range="1024 65535", or wait a minute until closed ports are free`, judgePorts},
	{"memory", "the kernel reclaims memory during the measurement, or kills a target",
		"stop processes that use much memory, or raise memory.max of the control group", judgeMemory},
	{"swap", "pages are read back from the swap disk during requests",
		"stop processes that use much memory, then run swapoff -a", judgeSwap},
	{"huge pages", "", "", judgeHugePages},
	{"mitigations", "", "", judgeMitigations},
}

func judgeCores(f Facts) (found, verdict string) { return fmt.Sprint(f.Cores), below(f.Cores, 2, 1) }

// judgeSteal judges the CPU time that the hypervisor took. Steal does not make blocks invalid, and neither does CPU
// use of other processes; see docs/methodology.md. SmallestChange shows whether there is too much of it for a check.
// The kernel counts in hundredths of a second, so a single unit may be chance.
func judgeSteal(f Facts) (found, verdict string) {
	if f.Load == nil {
		return "", Unknown
	}
	return percent(f.Load.Steal), disturbing(f.Load.Steal, 0.005)
}

// fewCores is the CPU use, in cores, below which processes are not listed.
const fewCores = 0.01

// disturbing returns the verdict on a source of noise, which is at most a warning.
func disturbing(x, doubtful float64) string { return above(x, doubtful, math.Inf(1)) }

func judgeOthers(f Facts) (found, verdict string) {
	if f.Load == nil {
		return "", Unknown
	}
	found = fmt.Sprintf("%.2f of %d cores", f.Load.Others, f.Cores)
	var names []string
	for _, b := range f.Load.Busiest {
		if b.Cores >= fewCores {
			names = append(names, fmt.Sprintf("%s (%d) %.2f", b.Name, b.PID, b.Cores))
		}
	}
	if f.Load.Unseen >= fewCores {
		names = append(names, fmt.Sprintf("short-lived or hidden processes %.2f", f.Load.Unseen))
	}
	if len(names) > 0 {
		found += ": " + strings.Join(names, ", ")
	}
	return found, disturbing(f.Load.Others/float64(f.Cores), 0.05)
}

func judgeQuota(f Facts) (found, verdict string) {
	switch q := f.Quota; {
	case q == nil:
		return "", Unknown
	case q.Throttled > 0:
		return fmt.Sprintf("%.3g of %d cores, used up in %d of %d periods: throttled for %s in 2 s", q.Cores, f.Cores,
			q.ThrottledPeriods, q.Periods, units.Duration(float64(q.Throttled))), Doubtful
	case q.Cores == 0:
		return "none", Fit
	default:
		return fmt.Sprintf("%.3g of %d cores", q.Cores, f.Cores), below(q.Cores, float64(f.Cores), 0)
	}
}

func judgeJitter(f Facts) (found, verdict string) {
	found = fmt.Sprintf("a busy thread was paused for %s of a second, at most %s at a time", percent(f.Jitter.Share),
		units.Duration(float64(f.Jitter.Longest)))
	return found, disturbing(f.Jitter.Share, 0.01)
}

func judgeGovernor(f Facts) (found, verdict string) {
	return setting(f.Governor, f.Governor == "performance")
}

func judgeTurbo(f Facts) (found, verdict string) { return setting(f.Turbo, f.Turbo == "off") }

// setting returns the verdict on a CPU setting. A virtual machine has none, since the host controls it.
func setting(value string, fit bool) (found, verdict string) {
	switch {
	case value == "":
		return "not controlled by this system", Fit
	case fit:
		return value, Fit
	}
	return value, Doubtful
}

// slowClocks lists clock sources that are read from a chip outside the CPU.
var slowClocks = []string{"hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies"}

// judgeClock judges the cost of reading the clock. A request to a persistent server takes about 40 µs, and the client
// reads the clock four times for it.
func judgeClock(f Facts) (found, verdict string) {
	found = units.Duration(float64(f.ClockCost)) + " per reading"
	if f.ClockSource != "" {
		found = f.ClockSource + ", " + found
	}
	verdict = disturbing(float64(f.ClockCost), float64(200*time.Nanosecond))
	if verdict == Fit && slices.Contains(slowClocks, f.ClockSource) {
		verdict = Doubtful
	}
	return found, verdict
}

func judgeRealTime(f Facts) (found, verdict string) {
	switch {
	case f.RealTime == nil:
		return "", Unknown
	case *f.RealTime:
		return "permitted", Fit
	}
	return "not permitted", Doubtful
}

// judgeFiles judges the limit on open files. The default load has nine clients; about a hundred are common.
func judgeFiles(f Facts) (found, verdict string) {
	if f.OpenFiles == nil {
		return "", Unknown
	}
	return formatLimit("limit %d", *f.OpenFiles), below(*f.OpenFiles, 4096, 256)
}

// judgeProcesses judges how many processes may still be started. Eight clients have eight children with
// several threads each.
func judgeProcesses(f Facts) (found, verdict string) {
	if f.Processes == nil {
		return "", Unknown
	}
	return formatLimit("%d more allowed", *f.Processes), below(*f.Processes, 1000, 200)
}

func judgePorts(f Facts) (found, verdict string) {
	if f.Ports == nil {
		return "", Unknown
	}
	return fmt.Sprintf("%d, %d of them in use by closed connections", f.Ports.All, f.Ports.Waiting),
		below(f.Ports.All-f.Ports.Waiting, 10_000, 0)
}

// judgeMemory judges the available memory. The targets of a typical run need 100 MB, and a private PostgreSQL server
// another 100 MB.
func judgeMemory(f Facts) (found, verdict string) {
	if f.Memory == nil {
		return "", Unknown
	}
	return formatBytes(f.Memory.Available) + " available", below(f.Memory.Available, 1<<30, 256<<20)
}

func judgeSwap(f Facts) (found, verdict string) {
	switch m := f.Memory; {
	case m == nil:
		return "", Unknown
	case m.Pages > 0:
		return fmt.Sprintf("%s in use, %d pages moved in 2 s", formatBytes(m.Swapped), m.Pages), Doubtful
	case m.Swapped > 0:
		return formatBytes(m.Swapped) + " in use", Doubtful
	}
	return "none in use", Fit
}

// judgeHugePages reports the setting of huge pages. All settings are equally good for a comparison. The setting is
// shown because startup times with different settings differ.
func judgeHugePages(f Facts) (found, verdict string) { return informational(f.HugePages) }

// judgeMitigations reports the number of mitigations. They apply to both sides of a comparison, but make
// system calls slower.
func judgeMitigations(f Facts) (found, verdict string) {
	if f.Mitigations == nil {
		return informational("")
	}
	return informational(fmt.Sprintf("%d active; each run records them", *f.Mitigations))
}

// informational returns the finding for a fact that is neither good nor bad.
func informational(what string) (found, verdict string) {
	if what == "" {
		return "", Unknown
	}
	return what, Fit
}

// finding judges the free space of the disk. A run stores 10 to 20 bytes per request, of at most ten million requests;
// a check needs a few megabytes.
func (d Disk) finding() Finding {
	name := "disk of " + d.Purpose
	if d.Free == nil {
		return newFinding(name, "", Unknown, "", "")
	}
	return newFinding(name, fmt.Sprintf("%s free in %s", formatBytes(*d.Free), d.Path), below(*d.Free, 1<<30, 16<<20),
		"a run fails when the disk is full", "free some space, or choose another disk with --results or TMPDIR")
}

func (t Tool) finding() Finding {
	f := newFinding(t.Name, "installed", Fit, "", "")
	switch {
	case !t.Installed:
		f = newFinding(t.Name, "missing", Doubtful, "needed for "+t.NeededFor,
			cmp.Or(t.Advice, "apt-get install "+t.Package))
	case t.Problem != "":
		f = newFinding(t.Name, t.Problem, Doubtful, "needed for "+t.NeededFor, t.Advice)
	}
	f.NeededFor = t.NeededFor
	return f
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", share*100) }

// formatLimit returns a limit as text, in the given format unless it is unlimited.
func formatLimit(format string, n uint64) string {
	if n >= math.MaxInt64 {
		return "unlimited"
	}
	return fmt.Sprintf(format, n)
}

func formatBytes(n uint64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}
