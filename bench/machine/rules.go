package machine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// rules are in the order in which their findings are shown: what takes time away from us first.
var rules = []rule{
	{"cores", "the generator and the server take turns, and each waits for the other",
		"measure on two cores or more", judgeCores},
	{"steal", "intervals become wider, so smaller changes are missed; response times become longer",
		"measure at another time, for longer, or on a machine of your own", judgeSteal},
	{"others", "intervals become wider, so smaller changes are missed; response times become longer",
		"end what is busy, or wait for it", judgeOthers},
	{"CPU quota", "when it is used up, all stands still for some hundredths of a second, in the middle of a request",
		"raise the limit of the container (docker --cpus, cpu.max) to all cores, or take it off", judgeQuota},
	{"jitter", "each such gap is in some response time: the high percentiles first, and then the medians",
		"see steal, others and CPU quota for who takes the time", judgeJitter},
	{"frequency", "the processor is slow at first and fast after some work, so a target pays for the pause before it",
		"cpupower frequency-set -g performance", judgeGovernor},
	{"turbo", "the processor's speed depends on its heat, and on how many cores are busy; absolute times drift",
		"switch it off: intel_pstate/no_turbo or cpufreq/boost in /sys/devices/system/cpu", judgeTurbo},
	{"clock", "each stamp takes as long, and is in what is measured",
		"have the kernel use tsc or the hypervisor's own clock (clocksource=tsc on its command line)", judgeClock},
	{"real-time priority", "at a rate the generator is woken late, and blocks are invalid for its lag",
		"run as root, or allow rtprio 1 in /etc/security/limits.conf, or CAP_SYS_NICE to a container", judgeRealTime},
	{"open files", "each client takes one, and each target some; a load of many clients is refused",
		"ulimit -n 65536, or LimitNOFILE= in a systemd unit", judgeFiles},
	{"processes", "a CGI host cannot start its children, and answers with errors",
		"raise ulimit -u, or the control group's pids.max", judgeProcesses},
	{"ports", "loads that make a connection for each request (--no-keepalive) run out of them",
		`sysctl -w net.ipv4.ip_local_port_range="1024 65535", or wait a minute for connections that have ended`, judgePorts},
	{"memory", "the kernel looks for memory while it is measured, or kills a target",
		"end what holds memory, or raise the control group's memory.max", judgeMemory},
	{"swap", "pages that went to a disk come back at its speed, in the middle of a request",
		"swapoff -a, and end what holds memory", judgeSwap},
	{"huge pages", "", "", judgeHugePages},
	{"mitigations", "", "", judgeMitigations},
}

func judgeCores(f Facts) (found, verdict string) { return fmt.Sprint(f.Cores), below(f.Cores, 2, 1) }

// What the hypervisor takes makes no block invalid, and neither does what other processes take; see
// docs/methodology.md.
// Whether too much is taken for a check is for SmallestChange to tell. The kernel counts in hundredths of a second,
// so a
// single one of them is chance.
func judgeSteal(f Facts) (found, verdict string) {
	if f.Load == nil {
		return "", Unknown
	}
	return percent(f.Load.Steal), disturbing(f.Load.Steal, 0.005)
}

// fewCores are not worth a word.
const fewCores = 0.01

// disturbing is the verdict on what makes measurements noisier: never more than a warning.
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
		names = append(names, fmt.Sprintf("short-lived or unseen ones %.2f", f.Load.Unseen))
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
		return fmt.Sprintf("%.3g of %d cores, used up in %d of %d periods: held up for %s in two seconds", q.Cores, f.Cores,
			q.ThrottledPeriods, q.Periods, shortDuration(q.Throttled)), Doubtful
	case q.Cores == 0:
		return "none", Fit
	default:
		return fmt.Sprintf("%.3g of %d cores", q.Cores, f.Cores), below(q.Cores, float64(f.Cores), 0)
	}
}

func judgeJitter(f Facts) (found, verdict string) {
	found = fmt.Sprintf("a busy thread stood still for %s of a second, at most for %s", percent(f.Jitter.Share),
		shortDuration(f.Jitter.Longest))
	return found, disturbing(f.Jitter.Share, 0.01)
}

func judgeGovernor(f Facts) (found, verdict string) {
	return setting(f.Governor, f.Governor == "performance")
}

func judgeTurbo(f Facts) (found, verdict string) { return setting(f.Turbo, f.Turbo == "off") }

// setting is the verdict on a setting of the processor. In a virtual machine there is none: it is the host's affair.
func setting(value string, fit bool) (found, verdict string) {
	switch {
	case value == "":
		return "not set by this system", Fit
	case fit:
		return value, Fit
	}
	return value, Doubtful
}

// slowClocks are read from a chip instead of the processor.
var slowClocks = []string{"hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies"}

// A request to a resident server takes some 40 µs, and is stamped four times by the client.
func judgeClock(f Facts) (found, verdict string) {
	found = shortDuration(f.ClockCost) + " a look"
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

// The usual load has nine clients, and some hundred are often asked for.
func judgeFiles(f Facts) (found, verdict string) {
	if f.OpenFiles == nil {
		return "", Unknown
	}
	return "at most " + formatLimit(*f.OpenFiles), below(*f.OpenFiles, 4096, 256)
}

// Eight clients have eight children, each of some threads.
func judgeProcesses(f Facts) (found, verdict string) {
	if f.Processes == nil {
		return "", Unknown
	}
	return formatLimit(*f.Processes) + " more can be started", below(*f.Processes, 1000, 200)
}

func judgePorts(f Facts) (found, verdict string) {
	if f.Ports == nil {
		return "", Unknown
	}
	return fmt.Sprintf("%d, %d of them of connections that have ended", f.Ports.All, f.Ports.Waiting),
		below(f.Ports.All-f.Ports.Waiting, 10_000, 0)
}

// The targets of a usual run need 100 MB, a private PostgreSQL as much.
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
		return fmt.Sprintf("%s in use, %d pages moved in two seconds", formatBytes(m.Swapped), m.Pages), Doubtful
	case m.Swapped > 0:
		return formatBytes(m.Swapped) + " in use", Doubtful
	}
	return "none in use", Fit
}

// Either setting is as good for a comparison; it is told because starts on unlike ones differ.
func judgeHugePages(f Facts) (found, verdict string) { return informational(f.HugePages) }

// They are the same for both sides, too, but expensive for system calls.
func judgeMitigations(f Facts) (found, verdict string) {
	if f.Mitigations == nil {
		return informational("")
	}
	return informational(fmt.Sprintf("%d in force, all in the record of each run", *f.Mitigations))
}

// informational is the result for what is neither good nor bad.
func informational(what string) (found, verdict string) {
	if what == "" {
		return "", Unknown
	}
	return what, Fit
}

// A run keeps ten to twenty bytes of each request, and at most ten million requests; a check takes some megabytes.
func (d Disk) finding() Finding {
	name := "disk of " + d.Purpose
	if d.Free == nil {
		return newFinding(name, "", Unknown, "", "")
	}
	return newFinding(name, fmt.Sprintf("%s free in %s", formatBytes(*d.Free), d.Path), below(*d.Free, 1<<30, 16<<20),
		"a run that fills it fails", "make room, or name another by --results or TMPDIR")
}

func (t Tool) finding() Finding {
	f := newFinding(t.Name, "installed", Fit, "", "")
	switch {
	case !t.Installed:
		f = newFinding(t.Name, "missing", Doubtful, t.NeededFor+" cannot be had",
			cmp.Or(t.Advice, "apt-get install "+t.Package))
	case t.Problem != "":
		f = newFinding(t.Name, t.Problem, Doubtful, t.NeededFor+" cannot be had", t.Advice)
	}
	f.NeededFor = t.NeededFor
	return f
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", share*100) }

// formatLimit is a number that may be no limit at all.
func formatLimit(n uint64) string {
	if n >= math.MaxInt64 {
		return "as many as wanted"
	}
	return fmt.Sprint(n)
}

func formatBytes(n uint64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// shortDuration is a time with no more digits than say something.
func shortDuration(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}
