package machine

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"forktax/bench/account"
	"forktax/bench/process"
)

// maxBusiest is the largest number of busy processes that are listed.
const maxBusiest = 3

// A loadSample holds the counters of the machine and its processes at the start of a sample.
type loadSample struct {
	fs        procfs.FS
	began     time.Time
	cpu       procfs.CPUStat
	own       time.Duration
	processes map[int]float64 // seconds of CPU time
	limiters  *account.Limiters
	throttled account.Throttling
	swapped   uint64
	err       error
}

func startSampling() loadSample {
	w := loadSample{began: time.Now()}
	if w.fs, w.err = procfs.NewDefaultFS(); w.err != nil {
		return w
	}
	w.processes = map[int]float64{}
	for _, s := range processes() {
		w.processes[s.PID] = s.CPUTime()
	}
	w.limiters = account.LimitersOf(0)
	w.throttled, _ = w.limiters.Read()
	w.swapped = swapped()
	stat, err := w.fs.Stat()
	w.cpu, w.own, w.err = stat.CPUTotal, process.OwnCPU(), err
	return w
}

// finish sets the facts that were sampled since the start.
func (w loadSample) finish(f *Facts) {
	defer w.limiters.Close()
	if w.err != nil {
		return
	}
	stat, err := w.fs.Stat()
	if err != nil {
		return
	}
	own, seconds := (process.OwnCPU() - w.own).Seconds(), time.Since(w.began).Seconds()
	now, before := stat.CPUTotal, w.cpu
	busy := func(s procfs.CPUStat) float64 { return s.User + s.Nice + s.System + s.IRQ + s.SoftIRQ }
	all := func(s procfs.CPUStat) float64 { return busy(s) + s.Idle + s.Iowait + s.Steal }
	l := Load{Others: max(0, (busy(now)-busy(before)-own)/seconds)}
	if total := all(now) - all(before); total > 0 {
		l.Steal = (now.Steal - before.Steal) / total
	}
	l.Unseen = l.Others
	for _, s := range processes() {
		cores := (s.CPUTime() - w.processes[s.PID]) / seconds
		if s.PID != unix.Getpid() && cores > 0 {
			l.Unseen = max(0, l.Unseen-cores)
			l.Busiest = append(l.Busiest, Busy{s.PID, s.Comm, cores})
		}
	}
	slices.SortFunc(l.Busiest, func(a, b Busy) int { return cmp.Compare(b.Cores, a.Cores) })
	l.Busiest = l.Busiest[:min(len(l.Busiest), maxBusiest)]
	f.Load = &l
	limit, throttled := w.limiters.Limit(), account.Throttling{}
	if now, known := w.limiters.Read(); known {
		throttled = now.Sub(w.throttled)
	}
	f.Quota = &Quota{Cores: limit.Cores(), Throttled: throttled.Time, Periods: throttled.Periods,
		ThrottledPeriods: throttled.Throttled}
	f.Memory = memory(w.fs, swapped()-w.swapped)
}

// processes returns the status of all visible processes.
func processes() []procfs.ProcStat {
	all, _ := procfs.AllProcs()
	var stats []procfs.ProcStat
	for _, p := range all {
		if s, err := p.Stat(); err == nil {
			stats = append(stats, s)
		}
	}
	return stats
}

// swapped returns the number of pages swapped in or out since the machine was booted.
func swapped() uint64 {
	text := readWord("/proc/vmstat")
	return namedNumber(text, "pswpin") + namedNumber(text, "pswpout")
}

// namedNumber returns the number with the given name in a kernel file of names and numbers, or 0 if it is missing.
func namedNumber(text, name string) uint64 {
	for line := range strings.Lines(text) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), " "); found && key == name {
			return parseUint(value)
		}
	}
	return 0
}

func memory(fs procfs.FS, pages uint64) *Memory {
	m, err := fs.Meminfo()
	if err != nil || m.MemAvailableBytes == nil {
		return nil
	}
	found := Memory{Available: *m.MemAvailableBytes, Pages: pages}
	if m.SwapTotalBytes != nil && m.SwapFreeBytes != nil {
		found.Swapped = *m.SwapTotalBytes - *m.SwapFreeBytes
	}
	if left, limited := remaining("memory", "memory.max", "memory.current", "memory.limit_in_bytes",
		"memory.usage_in_bytes"); limited {
		found.Available = min(found.Available, left)
	}
	return &found
}
