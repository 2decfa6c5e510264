package subject

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"forktax/bench/process"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// Limits of a program's start and stop; each is far above what a working program needs.
const (
	startLimit = 30 * time.Second
	stopLimit  = 15 * time.Second // above the 10 s that a program may drain
)

// A Launcher starts programs as targets, each with data of its own.
type Launcher struct {
	Programs   []Program
	Dir        string              // parent of the targets' temporary data directories; "": os.TempDir
	Addr       string              // address to serve on; "": a free port of the loopback interface
	Admin      string              // address of the admin listener; "": a free port of the loopback interface
	Flags      []string            // flags of serve, in addition to those of the program contract
	Limits     []string            // flags of limits, such as -workers=4, for the models in which they have an effect
	Exporter   string              // path of the forktax command, for /metrics; "" if there is none
	Log        io.Writer           // receives what the programs log, as it comes; nil: it is only kept for errors
	Env        map[string]string   // variables of each program; they override what its prepare prints
	Databases  map[string]Database // servers by kind, the Database of the programs that keep their data there
	StartLimit time.Duration       // longest time for a program to be ready and healthy; 0 means 30 s
	StopLimit  time.Duration       // longest time for a program to end, or it is killed; 0 means 15 s, for a command 5 s
	Messages   io.Writer           // receives a line when a process had to be killed; nil: no message
	Kill       <-chan struct{}     // closed to kill at once what is being stopped; nil: never
	Variants   []Variant           // models under conditions of their own; Launch finds them by name
	External   []External          // servers that are not workload programs; Launch finds them by name
	Seed       uint64              // seed of everything that varies from one launch to the next
	// StartFunc, if set, starts a process in a chosen way, such as on certain cores. It calls start once.
	StartFunc func(start func() error) error
	// Place, if set, is the StartFunc of each target, which is given by its model.
	Place func(model string, start func() error) error

	launches uint64          // number of launches, used with package atomic
	killed   *commandSet     // commands that had to be killed; nil before the first command
	modules  map[string]bool // programs, by path, whose WebAssembly module was made
	told     uint32          // 1 if a message about processes left behind was written; used with package atomic
}

// Launch implements the Launcher of package run.
func (l *Launcher) Launch(ctx context.Context, model, workload string) (*Target, func() error, error) {
	if l.Place != nil {
		l.StartFunc = func(start func() error) error { return l.Place(model, start) }
	}
	for _, f := range l.External {
		switch {
		case f.Name != model || f.Workload != "" && f.Workload != workload:
			continue
		case f.Start != nil:
			began := time.Now()
			t, stop, err := f.Start(ctx, l)
			if err == nil {
				t.Workload, t.Model, t.Ready = workload, model, cmp.Or(t.Ready, time.Since(began))
			}
			return t, stop, err
		case f.Command != "":
			return f.start(ctx, l, workload)
		}
		return f.target(workload), func() error { return nil }, nil
	}
	v := l.variant(model)
	p, err := programFor(slices.Concat(v.Programs, l.Programs), workload)
	if err != nil {
		return nil, nil, err
	}
	target, stop, err := l.Serve(ctx, p, v)
	if err == nil {
		target.Workload, target.Model = workload, model
	}
	return target, stop, err
}

// Serve starts the program under the conditions of v, with data of its own. It does not set Workload and Model of the
// target.
func (l *Launcher) Serve(ctx context.Context, p Program, v Variant) (*Target, func() error, error) {
	if !p.HasModel(v.Model) {
		return nil, nil, fmt.Errorf("%s has no model %q: use one of %s", p.Path, v.Model, strings.Join(p.Models, ", "))
	}
	if err := l.addModule(ctx, p, v.Model); err != nil {
		return nil, nil, err
	}
	data, err := l.makeData(ctx, p, v.Model)
	if err != nil {
		return nil, nil, err
	}
	env, err := p.Prepare(ctx, filepath.Join(data.dir, "data"), data.url)
	if err != nil {
		return nil, nil, errors.Join(err, data.remove())
	}
	s, target, err := l.start(ctx, p, v, env)
	if err != nil {
		return nil, nil, errors.Join(err, data.remove())
	}
	target.LogLines, target.DatabaseCPU = s.LogLines, data.cpu
	return target, func() error { return errors.Join(l.stop(s), data.remove()) }, nil
}

// programFor returns the first of the programs that serves the workload.
func programFor(programs []Program, workload string) (Program, error) {
	for _, p := range programs {
		if p.Name == workload {
			return p, nil
		}
	}
	return Program{}, fmt.Errorf("no program serves %q", workload)
}

// start starts p under the conditions of v and waits until it serves.
func (l *Launcher) start(ctx context.Context, p Program, v Variant, env map[string]string) (server, *Target, error) {
	addr, admin := cmp.Or(l.Addr, "127.0.0.1:0"), cmp.Or(l.Admin, "127.0.0.1:0")
	settings := append(environ(), contract.EnvExporter+"="+l.Exporter)
	for _, vars := range []map[string]string{env, l.Env, v.Env} {
		settings = append(settings, process.Settings(vars)...)
	}
	settings = append(settings, l.padding(v.Padding)...)
	began := time.Now()
	s, err := l.startServer(func() *exec.Cmd {
		cmd := exec.Command(p.Path, "serve", "-model", v.Model, "-addr", addr, "-admin", admin)
		cmd.Args, cmd.Env = slices.Concat(cmd.Args, l.Flags, l.limitsOf(v)), settings
		return cmd
	})
	if err != nil {
		return server{}, nil, fmt.Errorf("%s serve: %w", p.Path, err)
	}
	target, err := awaitReady(ctx, s.Process, cmp.Or(l.StartLimit, startLimit))
	if err != nil {
		stopped := l.stop(s)
		return server{}, nil, fmt.Errorf("%s serve -model %s: %w", p.Path, v.Model, errors.Join(err, stopped))
	}
	target.Ready = time.Since(began)
	return s, target, nil
}

// limitsOf returns the limits that have an effect in a variant.
func (l *Launcher) limitsOf(v Variant) (flags []string) {
	m, _ := contract.ModelNamed(v.Model)
	effective := m.Limits()
	for _, limit := range l.Limits {
		name, _, _ := strings.Cut(strings.TrimLeft(limit, "-"), "=")
		if slices.Contains(effective, name) {
			flags = append(flags, limit)
		}
	}
	for _, limit := range process.Settings(v.Limits) { // of two flags with one name, the last has effect
		flags = append(flags, "-"+limit)
	}
	return flags
}

func (l *Launcher) stopLimit() time.Duration { return cmp.Or(l.StopLimit, stopLimit) }

// randomPadding is the size of a memory page in bytes: an offset within a page can change the speed of a program.
const randomPadding = 4096

// MaxPadding is the largest number of bytes that a variant may add to the environment. The kernel accepts far more: a
// quarter of the stack limit, 2 MiB by default. But net/http/cgi compares each variable with all after it: 1,200
// variables take the CGI host 3 to 5 ms per request, and ten times as many would take a hundred times as long.
const MaxPadding = 120_000

// paddingSize is the size in bytes of each variable that a variant adds, with its name and the NUL at its end. It is
// typical of real environments: a start costs more by the number of variables than by their bytes.
const paddingSize = 100

// padding returns a variable whose length is random for each launch, and further variables of paddingSize with more
// bytes together. The environment is above a process's stack, and its size shifts the stack against cache lines and
// pages. That alone can make a program faster or slower (Mytkowicz et al., ASPLOS 2009), so a run must not compare two
// such accidents. The path of the program is in the same place and would shift the same stack, so it is left unchanged.
func (l *Launcher) padding(more int) []string {
	n := rand.New(rand.NewPCG(l.Seed, atomic.AddUint64(&l.launches, 1))).IntN(randomPadding)
	settings := []string{contract.EnvPadding + "=" + strings.Repeat("x", n)}
	if more <= 0 {
		return settings
	}
	count := max(more/paddingSize, 1)
	for i := range count {
		name := contract.EnvPadding + strconv.Itoa(i+1) + "="
		size := more*(i+1)/count - more*i/count - len(name) - 1
		settings = append(settings, name+strings.Repeat("x", max(size, 1))) // hosts drop empty variables
	}
	return settings
}

// awaitReady waits for the line "ready <url> <admin url>", and then checks the health of the target.
func awaitReady(ctx context.Context, s *process.Process, limit time.Duration) (*Target, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it was not ready within %s", units.Span(limit)))
	defer cancel()
	line, err := s.FirstLine(ctx)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(line)
	if len(fields) != 3 || fields[0] != "ready" {
		return nil, fmt.Errorf("it printed %q instead of: ready <url> <admin url>", line)
	}
	t := &Target{URL: fields[1], AdminURL: fields[2], PID: s.PID(), Gone: s.Gone()}
	if err := checkHealth(ctx, t); err != nil {
		return nil, s.ExitErrorOr(ctx, err)
	}
	return t, nil
}

func checkHealth(ctx context.Context, t *Target) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.AdminURL+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("admin URL: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("health check: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("health check: GET %s/healthz: %s", t.AdminURL, resp.Status)
	}
	return nil
}
