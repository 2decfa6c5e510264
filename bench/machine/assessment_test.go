package machine_test

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"forktax/bench/machine"
)

func pointer[T any](v T) *T { return &v }

// idle returns the facts of a machine without problems.
func idle() machine.Facts {
	return machine.Facts{
		Cores:       4,
		Quota:       &machine.Quota{},
		Load:        &machine.Load{Steal: 0.001, Others: 0.02},
		Jitter:      machine.Jitter{Longest: time.Millisecond, Share: 0.002},
		Governor:    "performance",
		Turbo:       "off",
		ClockSource: "tsc",
		ClockCost:   40,
		RealTime:    pointer(true),
		OpenFiles:   pointer(uint64(1 << 20)),
		Processes:   pointer(uint64(math.MaxUint64)),
		Ports:       &machine.Ports{All: 28_232, Waiting: 100},
		Memory:      &machine.Memory{Available: 8 << 30},
		HugePages:   "madvise",
		Mitigations: pointer(3),
		Disks:       []machine.Disk{{Purpose: "results", Path: "/results", Free: pointer(uint64(64 << 30))}},
		Tools:       []machine.Tool{{Name: "strace", NeededFor: "explain", Package: "strace", Installed: true}},
	}
}

// found returns the finding of the given name.
func found(t *testing.T, e *machine.Assessment, name string) machine.Finding {
	t.Helper()
	for _, f := range e.Findings {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no finding %q in %+v", name, e.Findings)
	return machine.Finding{}
}

func TestAssessOfIdleMachine(t *testing.T) {
	e := machine.Assess(idle())
	for _, f := range e.Findings {
		if f.Verdict != machine.Fit || f.Found == "" || f.Effect != "" || f.Advice != "" {
			t.Errorf("Assess finds %+v, want ok", f)
		}
	}
	if !e.Fit || len(e.Findings) != 18 { // 16 rules, a disk, a tool
		t.Errorf("Fit = %v with %d findings, want true with 18", e.Fit, len(e.Findings))
	}
}

// Each case changes one fact of an idle machine, to either side of a rule's limits.
func TestAssess(t *testing.T) {
	const fit, doubtful, unfit, unknown = machine.Fit, machine.Doubtful, machine.Unfit, machine.Unknown
	type facts = machine.Facts
	for name, test := range map[string]struct {
		check   string
		set     func(*facts)
		verdict string
		found   string
	}{
		"two cores":             {"cores", func(f *facts) { f.Cores = 2 }, fit, "2"},
		"one core":              {"cores", func(f *facts) { f.Cores = 1 }, doubtful, "1"},
		"some steal":            {"steal", func(f *facts) { f.Load.Steal = 0.01 }, doubtful, "1.0%"},
		"a quarter stolen":      {"steal", func(f *facts) { f.Load.Steal = 0.25 }, doubtful, "25.0%"},
		"more stolen":           {"steal", func(f *facts) { f.Load.Steal = 0.26 }, doubtful, "26.0%"},
		"steal not counted":     {"steal", func(f *facts) { f.Load = nil }, unknown, "not available on this system"},
		"a twentieth by others": {"others", func(f *facts) { f.Load.Others = 0.2 }, fit, "0.20 of 4 cores"},
		"more by others": {"others", func(f *facts) {
			*f.Load = machine.Load{Others: 0.9, Unseen: 0.2, Busiest: []machine.Busy{{7, "cc", 0.7}, {8, "sh", 0.001}}}
		}, doubtful, "0.90 of 4 cores: cc (7) 0.70, short-lived or hidden processes 0.20"},
		"above a quarter by others": {"others", func(f *facts) { f.Load.Others = 1.1 }, doubtful, "1.10 of 4 cores"},
		"a quota of all cores":      {"CPU quota", func(f *facts) { f.Quota.Cores = 4 }, fit, "4 of 4 cores"},
		"a quota of some cores":     {"CPU quota", func(f *facts) { f.Quota.Cores = 1.5 }, doubtful, "1.5 of 4 cores"},
		"a quota of half a core":    {"CPU quota", func(f *facts) { f.Quota.Cores = 0.5 }, doubtful, "0.5 of 4 cores"},
		"a quota that was used up": {"CPU quota", func(f *facts) {
			*f.Quota = machine.Quota{Cores: 4, Throttled: time.Second, Periods: 20, ThrottledPeriods: 18}
		}, doubtful, "4 of 4 cores, used up in 18 of 20 periods: throttled for 1.00 s in 2 s"},
		"a quota not known": {"CPU quota", func(f *facts) { f.Quota = nil }, unknown, "not available on this system"},
		"some jitter": {"jitter", func(f *facts) { f.Jitter = machine.Jitter{Longest: 12345678, Share: 0.05} }, doubtful,
			"a busy thread was paused for 5.0% of a second, at most 12.3 ms at a time"},
		"much jitter": {"jitter", func(f *facts) { f.Jitter = machine.Jitter{Longest: 1234567890, Share: 0.2} }, doubtful,
			"a busy thread was paused for 20.0% of a second, at most 1.23 s at a time"},
		"a governor that saves": {"frequency", func(f *facts) { f.Governor = "powersave" }, doubtful, "powersave"},
		"no governor":           {"frequency", func(f *facts) { f.Governor = "" }, fit, "not controlled by this system"},
		"turbo":                 {"turbo", func(f *facts) { f.Turbo = "on" }, doubtful, "on"},
		"no turbo":              {"turbo", func(f *facts) { f.Turbo = "" }, fit, "not controlled by this system"},
		"a clock in between":    {"clock", func(f *facts) { f.ClockCost = 500 }, doubtful, "tsc, 500 ns per reading"},
		"a slow clock": {"clock", func(f *facts) { f.ClockSource, f.ClockCost = "hpet", 1500 }, doubtful,
			"hpet, 1.50 µs per reading"},
		"a slow clock by its name": {"clock", func(f *facts) { f.ClockSource = "acpi_pm" }, doubtful,
			"acpi_pm, 40 ns per reading"},
		"a clock without a name": {"clock", func(f *facts) { f.ClockSource = "" }, fit, "40 ns per reading"},
		"no real time": {"real-time priority", func(f *facts) { f.RealTime = pointer(false) }, doubtful,
			"not permitted"},
		"real time not known": {"real-time priority", func(f *facts) { f.RealTime = nil }, unknown,
			"not available on this system"},
		"files for some clients": {"open files", func(f *facts) { f.OpenFiles = pointer(uint64(1024)) }, doubtful,
			"limit 1024"},
		"files for few clients": {"open files", func(f *facts) { f.OpenFiles = pointer(uint64(64)) }, unfit,
			"limit 64"},
		"files without limit": {"open files", func(f *facts) { f.OpenFiles = pointer(uint64(math.MaxUint64)) }, fit,
			"unlimited"},
		"few processes": {"processes", func(f *facts) { f.Processes = pointer(uint64(999)) }, doubtful,
			"999 more allowed"},
		"hardly a process": {"processes", func(f *facts) { f.Processes = pointer(uint64(20)) }, unfit,
			"20 more allowed"},
		"few ports": {"ports", func(f *facts) { f.Ports = &machine.Ports{All: 28_232, Waiting: 20_000} }, doubtful,
			"28232, 20000 of them in use by closed connections"},
		"hardly a port": {"ports", func(f *facts) { f.Ports = &machine.Ports{All: 500} }, doubtful,
			"500, 0 of them in use by closed connections"},
		"little memory": {"memory", func(f *facts) { f.Memory.Available = 512 << 20 }, doubtful, "512 MiB available"},
		"no memory":     {"memory", func(f *facts) { f.Memory.Available = 128 << 20 }, unfit, "128 MiB available"},
		"swap in use":   {"swap", func(f *facts) { f.Memory.Swapped = 3 << 29 }, doubtful, "1.5 GiB in use"},
		"swapping": {"swap", func(f *facts) { f.Memory.Swapped, f.Memory.Pages = 1<<30, 12 }, doubtful,
			"1.0 GiB in use, 12 pages moved in 2 s"},
		"huge pages not known": {"huge pages", func(f *facts) { f.HugePages = "" }, unknown,
			"not available on this system"},
		"mitigations not known": {"mitigations", func(f *facts) { f.Mitigations = nil }, unknown,
			"not available on this system"},
		"a disk that is filling": {"disk of results", func(f *facts) { f.Disks[0].Free = pointer(uint64(500 << 20)) },
			doubtful,
			"500 MiB free in /results"},
		"a full disk": {"disk of results", func(f *facts) { f.Disks[0].Free = pointer(uint64(0)) }, unfit,
			"0 MiB free in /results"},
		"a disk not known": {"disk of results", func(f *facts) { f.Disks[0].Free = nil }, unknown,
			"not available on this system"},
		"a missing program": {"strace", func(f *facts) { f.Tools[0].Installed = false }, doubtful,
			"missing"},
	} {
		t.Run(name, func(t *testing.T) {
			f := idle()
			test.set(&f)
			e := machine.Assess(f)
			got := found(t, e, test.check)
			if got.Verdict != test.verdict || got.Found != test.found {
				t.Errorf("Assess finds %q: %s, want %q: %s", got.Found, got.Verdict, test.found, test.verdict)
			}
			spoilt := test.verdict == doubtful || test.verdict == unfit
			if (got.Effect != "") != spoilt || (got.Advice != "") != spoilt {
				t.Errorf("Assess finds %+v; want effect and advice only for warning and unfit", got)
			}
			if e.Fit != (test.verdict != unfit) {
				t.Errorf("Fit = %v with %q %s", e.Fit, test.check, test.verdict)
			}
		})
	}
}

// The measured check decides whether a machine is too noisy, and overrides limits that did not prevent it.
func TestSmallestChange(t *testing.T) {
	noisy := func(f *machine.Facts) {
		f.Cores = 1
		f.Load.Steal, f.Load.Others, f.Jitter.Share = 0.9, 4, 0.9
		*f.Quota = machine.Quota{Cores: 0.2, Throttled: time.Second, Periods: 20, ThrottledPeriods: 20}
		f.Memory.Swapped, f.Memory.Pages = 1<<30, 1000
	}
	small := []machine.SmallestChange{{Gate: "cpu_per_request", Change: 0.04}, {Gate: "response_p50", Change: 0.1}}
	medium := []machine.SmallestChange{{Gate: "cpu_per_request", Change: 0.04}, {Gate: "response_p50", Change: 0.24}}
	large := []machine.SmallestChange{{Gate: "cpu_per_request", Change: 0.25}, {Gate: "response_p50", Change: 0.04}}
	add := func(found []machine.SmallestChange) func(*machine.Assessment) {
		return func(e *machine.Assessment) { e.AddSmallestChange(found, 0.1, time.Minute) }
	}
	for name, test := range map[string]struct {
		add     func(*machine.Assessment)
		fit     bool
		verdict string
		want    string
		limited bool // fit although a limit alone would be unfit
	}{
		"small": {add(small), true, machine.Fit,
			"a check finds +4.00% by cpu_per_request and +10.0% by response_p50 in 60 s", true},
		"medium": {add(medium), true, machine.Doubtful,
			"a check finds +4.00% by cpu_per_request and +24.0% by response_p50 in 60 s", true},
		"large": {add(large), false, machine.Unfit,
			"a check finds +25.0% by cpu_per_request and +4.00% by response_p50 in 60 s", false},
		"not tried": {func(e *machine.Assessment) { e.AddUnmeasured(errors.New("no program")) }, true, machine.Unknown,
			"not measured: no program", false},
		"failed": {func(e *machine.Assessment) { e.AddFailedMeasurement(errors.New("no file")) }, false, machine.Unfit,
			"not measured: no file", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := idle()
			noisy(&f)
			e := machine.Assess(f)
			if !e.Fit || len(e.Limits()) > 0 {
				t.Errorf("before the measurement, a noisy machine is unfit: %v", e.Limits())
			}
			test.add(e)
			got := e.Findings[0]
			if e.Fit != test.fit || (len(e.Limits()) == 0) != test.fit || got.Name != "smallest change" ||
				got.Verdict != test.verdict ||
				got.Found != test.want ||
				(got.Effect != "") != slices.Contains([]string{machine.Doubtful, machine.Unfit}, test.verdict) {
				t.Errorf("fit: %t, limits %v, first finding %+v", e.Fit, e.Limits(), got)
			}
			f.OpenFiles = pointer(uint64(64))
			e = machine.Assess(f)
			test.add(e)
			if e.Fit != test.limited {
				t.Errorf("with few files, fit: %t, limits %v", e.Fit, e.Limits())
			}
		})
	}
}

// The finding of a missing program has its package, and the feature that needs it.
func TestAssessOfMissingProgram(t *testing.T) {
	f := idle()
	f.Tools[0].Installed = false
	got := found(t, machine.Assess(f), "strace")
	if got.Effect != "needed for explain" || got.Advice != "apt-get install strace" || got.NeededFor != "explain" {
		t.Errorf("Assess finds %+v", got)
	}
}

// The finding of a program that is installed but does not work has the system's error message.
func TestAssessOfForbiddenProgram(t *testing.T) {
	f := idle()
	f.Tools[0].Problem, f.Tools[0].Advice = "strace cannot trace here: ptrace: Operation not permitted", "allow ptrace"
	got := found(t, machine.Assess(f), "strace")
	want := machine.Finding{Name: "strace", Found: f.Tools[0].Problem, Verdict: machine.Doubtful, NeededFor: "explain",
		Effect: "needed for explain", Advice: "allow ptrace"}
	if got != want {
		t.Errorf("Assess finds %+v, want %+v", got, want)
	}
}

func TestProbe(t *testing.T) {
	f, err := machine.Probe(t.Context(), filepath.Join(t.TempDir(), "not", "yet", "there"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Cores != runtime.NumCPU() || f.ClockCost <= 0 || f.Jitter.Share < 0 || f.Jitter.Share > 1 || len(f.Disks) != 2 {
		t.Errorf("Probe = %+v", f)
	}
	for _, tool := range f.Tools {
		if tool.Name == "go" && !tool.Installed { // it runs this test
			t.Error("Probe does not find go")
		}
		if tool.NeededFor == "" || tool.Package == "" && tool.Advice == "" {
			t.Errorf("Probe finds %+v, want its purpose and how to install it", tool)
		}
	}
	if runtime.GOOS != "linux" {
		return
	}
	if f.Load == nil || f.Load.Steal < 0 || f.Load.Steal > 1 || f.Load.Others < 0 ||
		f.Load.Others > float64(f.Cores)+0.5 ||
		f.Load.Unseen > f.Load.Others {
		t.Errorf("Probe: load %+v", f.Load)
	}
	for _, b := range f.Load.Busiest {
		if b.PID == os.Getpid() {
			t.Errorf("Probe lists this process among the others: %+v", f.Load.Busiest)
		}
	}
	if f.Quota == nil || f.RealTime == nil || f.Memory == nil || f.Memory.Available == 0 || f.Ports == nil ||
		f.Ports.All < 1 || f.OpenFiles == nil || *f.OpenFiles == 0 || f.Processes == nil || *f.Processes == 0 {
		t.Errorf("Probe = %+v", f)
	}
	for _, d := range f.Disks {
		if d.Free == nil || !filepath.IsAbs(d.Path) {
			t.Errorf("Probe: disk %+v", d)
		}
	}
}

// Another busy process is listed with its name.
func TestProbeSeesOthers(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other processes are listed on Linux only")
	}
	pid := busy(t)
	f, err := machine.Probe(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range f.Load.Busiest {
		if b.PID == pid && b.Name == "sh" && b.Cores > 0.01 && f.Load.Others > 0.01 {
			return
		}
	}
	t.Errorf("Probe: load %+v, want sh (%d) among the busiest", f.Load, pid)
}

// busy starts a shell that runs an endless loop until the test ends.
func busy(t *testing.T) (pid int) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd.Process.Pid
}

func TestProbeIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	cancel(interrupted)
	if _, err := machine.Probe(ctx, "."); !errors.Is(err, interrupted) {
		t.Errorf("Probe = %v, want interrupted", err)
	}
}
