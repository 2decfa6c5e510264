package measure

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"forktax/bench/account"
	"forktax/bench/explain"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// notCold are options that cannot go with cold starts, of which each program has one request.
var notCold = []string{"suite", "target", "rate", "find-knee", "slo", "variants", "requests", "cross-check", "pin", "no-keepalive", "clients"}

func (o *Options) validateCold() error {
	if !o.Cold {
		return nil
	}
	if err := machine.CanEvict(); err != nil {
		return subject.InvalidOption("cold", "%v", err)
	}
	for _, other := range notCold {
		if o.Explicit[other] {
			return subject.InvalidOption(other, "cannot be combined with --cold, which starts programs one at a time")
		}
	}
	if len(o.Data.Database) > 0 && o.Explicit["database"] {
		return subject.InvalidOption("database", "cannot be combined with --cold, which evicts the program's files and not a server's")
	}
	return nil
}

// coldPrograms are the programs of a plan, as a process for each request and as each model that stays.
func (p *preparation) coldPrograms(ctx context.Context, made plan.Plan) (programs []run.ColdProgram, remove func() error, err error) {
	var removes []func() error
	remove = func() error {
		var errs []error
		for _, r := range removes {
			errs = append(errs, r())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	seen := map[plan.Cell]bool{}
	for _, c := range made.Cells {
		key := plan.Cell{Workload: c.Workload, Model: c.Model}
		if seen[key] {
			continue
		}
		seen[key] = true
		requests, err := made.Requests(c)
		if err != nil {
			return nil, nil, err
		}
		one := run.ColdProgram{TargetName: plan.TargetName{Workload: c.Workload, Model: c.Model}, Request: c.Request}
		command, removeData, err := p.coldCommand(ctx, c.Workload, requests[0])
		if err != nil {
			return nil, nil, err
		}
		removes = append(removes, removeData)
		external := slices.ContainsFunc(p.launcher.External, func(f subject.External) bool { return f.Name == c.Model })
		one.Start, one.Files = p.stayingStart(one.TargetName, requests[0]), filesOf(command)
		if !made.Stays(c.Model) {
			one.Start = freshStart(command)
		} else if external {
			one.Files = p.mappedFiles(one.TargetName, requests[0])
		}
		programs = append(programs, one)
	}
	return programs, remove, nil
}

// coldCommand is the program of a workload as a CGI host starts it, or the script that is hosted. An external server has none.
func (p *preparation) coldCommand(ctx context.Context, workload string, r contract.Request) (explain.Command, func() error, error) {
	if path := p.launcher.Env[contract.EnvScriptPath]; path != "" && workload == subject.ScriptWorkload {
		return explain.Prepare(ctx, p.Spec, r, path, nil, "")
	}
	at := slices.IndexFunc(p.launcher.Programs, func(o subject.Program) bool { return o.Name == workload })
	if at < 0 {
		return explain.Command{}, func() error { return nil }, nil
	}
	program := &p.launcher.Programs[at]
	return explain.Prepare(ctx, p.Spec, r, program.Path, program, "")
}

// filesOf has strace see what the program uses. Without it, its executable is known, what interprets that, and the
// libraries that are linked to it.
func filesOf(c explain.Command) func(context.Context) ([]string, string, error) {
	return func(ctx context.Context) ([]string, string, error) {
		files, err := c.Files(ctx)
		var refused *explain.NoTracerError
		if !errors.As(err, &refused) {
			return files, "", err
		}
		files = explain.Executables(c.Path)
		files = append(files, libraries(ctx, files[len(files)-1])...)
		return files, "what it opens is not seen: " + refused.Error(), nil
	}
}

// libraries are those of an executable that is linked dynamically, as the dynamic linker lists them, and that linker.
func libraries(ctx context.Context, path string) (found []string) {
	file, err := subject.Inspect(path)
	if err != nil || file.Loader == "" {
		return nil
	}
	out, err := process.Output(ctx, librariesLimit, exec.Command(file.Loader, "--list", path))
	if err != nil { // it is another linker than glibc's
		return []string{file.Loader}
	}
	for line := range strings.Lines(string(out)) {
		for _, word := range strings.Fields(line) {
			if filepath.IsAbs(word) {
				found = append(found, word)
			}
		}
	}
	return found
}

// librariesLimit is on the dynamic linker's list.
const librariesLimit = 5 * time.Second

// freshStart starts a process for one request.
func freshStart(c explain.Command) func(context.Context, func() error) (record.ColdStart, error) {
	return func(ctx context.Context, evict func() error) (record.ColdStart, error) {
		if evict != nil {
			if err := evict(); err != nil {
				return record.ColdStart{}, err
			}
		}
		s, err := c.Run(ctx)
		if err != nil {
			return record.ColdStart{}, err
		}
		if !s.State.Success() {
			return record.ColdStart{}, fmt.Errorf("%s ended with %v: %s", c.Path, s.State, strings.TrimSpace(string(s.Log)))
		}
		return record.ColdStart{NS: int64(s.Ended), CPUNS: new(int64(s.CPU)), MajorFaults: new(s.MajorFaults)}, nil
	}
}

// stayingStart starts a server that stays, and asks it once.
func (p *preparation) stayingStart(name plan.TargetName, r contract.Request) func(context.Context, func() error) (record.ColdStart, error) {
	return func(ctx context.Context, evict func() error) (s record.ColdStart, err error) {
		l := *p.launcher
		var evicting time.Duration
		if evict != nil {
			l.StartFunc = func(start func() error) error {
				began := time.Now()
				if err := evict(); err != nil {
					return err
				}
				evicting = time.Since(began)
				return start()
			}
		}
		t, stop, err := l.Launch(ctx, name.Model, name.Workload)
		if err != nil {
			return s, err
		}
		defer func() { err = errors.Join(err, stop()) }()
		client := subject.NewClient()
		defer client.CloseIdleConnections()
		began := time.Now()
		if _, err := subject.Fetch(ctx, client, t.URL, r); err != nil {
			return s, err
		}
		s.NS = int64(t.Ready - evicting + time.Since(began))
		used, err := t.Usage(ctx, client)
		if used != nil {
			s.CPUNS = new(used.CPUNS())
		}
		return s, err
	}
}

// mappedFiles are those that a server which a command starts has mapped, or holds open, when it has answered.
func (p *preparation) mappedFiles(name plan.TargetName, r contract.Request) func(context.Context) ([]string, string, error) {
	return func(ctx context.Context) (files []string, unseen string, err error) {
		t, stop, err := p.launcher.Launch(ctx, name.Model, name.Workload)
		if err != nil {
			return nil, "", err
		}
		defer func() { err = errors.Join(err, stop()) }()
		client := subject.NewClient()
		defer client.CloseIdleConnections()
		if _, err := subject.Fetch(ctx, client, t.URL, r); err != nil {
			return nil, "", err
		}
		for _, pid := range append([]int{t.PID}, account.Descendants(t.PID)...) {
			for _, path := range usedBy(pid) {
				if !slices.Contains(files, path) {
					files = append(files, path)
				}
			}
		}
		return files, "what it has read and closed again is not seen", nil
	}
}

// usedBy are the files that a process has mapped, or holds open.
func usedBy(pid int) (files []string) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	maps, _ := os.ReadFile(filepath.Join(dir, "maps")) // it may have ended
	for line := range strings.Lines(string(maps)) {
		if i := strings.IndexByte(line, '/'); i >= 0 {
			files = append(files, strings.TrimSpace(line[i:]))
		}
	}
	held, _ := filepath.Glob(filepath.Join(dir, "fd", "*"))
	for _, link := range held {
		if path, err := os.Readlink(link); err == nil && filepath.IsAbs(path) {
			files = append(files, path)
		}
	}
	return files
}

// prepareCold has the execution start programs cold and warm.
func (p *preparation) prepareCold(ctx context.Context, e *run.Execution) (err error) {
	e.Plan.Cold, e.Plan.WarmUpNS, e.Plan.Rounds = true, 0, p.Rounds
	e.Cold, e.Stop, err = p.coldPrograms(ctx, e.Plan)
	return err
}
