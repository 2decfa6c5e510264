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

// notCold lists the options that cannot be combined with --cold, which sends one request per start.
var notCold = []string{"suite", "target", "rate", "find-knee", "slo", "variants", "requests", "cross-check", "pin",
	"cores", "no-keepalive", "clients"}

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
		return subject.InvalidOption("database", "cannot be combined with --cold, which evicts the files of programs, but "+
			"not those of a database server")
	}
	return nil
}

// coldPrograms returns the programs of the plan, once for each model. remove removes their temporary data.
func (p *preparation) coldPrograms(ctx context.Context, made plan.Plan) (programs []run.ColdProgram,
	remove func() error, err error) {
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
		program := run.ColdProgram{TargetName: plan.TargetName{Workload: c.Workload, Model: c.Model}, Request: c.Request}
		command, removeData, err := p.coldCommand(ctx, c.Workload, requests[0])
		if err != nil {
			return nil, nil, err
		}
		removes = append(removes, removeData)
		external := slices.ContainsFunc(p.launcher.External, func(f subject.External) bool { return f.Name == c.Model })
		program.Start, program.Files = p.residentStart(program.TargetName, requests[0]), filesOf(command)
		if !made.Stays(c.Model) {
			program.Start = freshStart(command)
		} else if external {
			program.Files = p.mappedFiles(program.TargetName, requests[0])
		}
		programs = append(programs, program)
	}
	return programs, remove, nil
}

// coldCommand returns the command by which a CGI host starts the program of a workload, or the hosted script. It is the
// zero value for an external server.
func (p *preparation) coldCommand(ctx context.Context, workload string, r contract.Request) (explain.Command,
	func() error, error) {
	if path := p.launcher.Env[contract.EnvScriptPath]; path != "" && workload == subject.HostedName(p.CGI) {
		return explain.Prepare(ctx, p.Spec, r, path, nil, "")
	}
	at := slices.IndexFunc(p.launcher.Programs, func(o subject.Program) bool { return o.Name == workload })
	if at < 0 {
		return explain.Command{}, func() error { return nil }, nil
	}
	program := &p.launcher.Programs[at]
	return explain.Prepare(ctx, p.Spec, r, program.Path, program, "")
}

// filesOf returns a function that finds the files of a command with strace. Without strace it returns only the
// executable, its interpreters, and the libraries linked to it.
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

// libraries returns the libraries of a dynamically linked executable and the dynamic linker, as listed by that linker.
func libraries(ctx context.Context, path string) (found []string) {
	file, err := subject.Inspect(path)
	if err != nil || file.Loader == "" {
		return nil
	}
	out, err := process.Output(ctx, librariesLimit, exec.Command(file.Loader, "--list", path))
	if err != nil { // the linker is not glibc's
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

// librariesLimit is the timeout for listing libraries.
const librariesLimit = 5 * time.Second

// freshStart returns a function that starts a process for one request.
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
			return record.ColdStart{}, fmt.Errorf("%s: %v: %s", c.Path, s.State, strings.TrimSpace(string(s.Log)))
		}
		return record.ColdStart{NS: int64(s.Ended), CPUNS: new(int64(s.CPU)), MajorFaults: new(s.MajorFaults)}, nil
	}
}

// residentStart returns a function that starts a resident server and sends it one request.
func (p *preparation) residentStart(name plan.TargetName, r contract.Request) func(context.Context,
	func() error) (record.ColdStart, error) {
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

// mappedFiles returns a function that starts a server by its command, and returns the files that it has mapped or open
// after its first response.
func (p *preparation) mappedFiles(name plan.TargetName, r contract.Request) func(context.Context) ([]string, string,
	error) {
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

// usedBy returns the files that a process has mapped or open.
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

// prepareCold makes the execution measure cold and warm starts.
func (p *preparation) prepareCold(ctx context.Context, e *run.Execution) (err error) {
	e.Plan.Cold, e.Plan.WarmUpNS, e.Plan.Rounds = true, 0, p.Rounds
	e.Cold, e.Stop, err = p.coldPrograms(ctx, e.Plan)
	return err
}
