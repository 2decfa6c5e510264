package program

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"forktax/bench"
)

// Limits on what a program may take; each is far above what one needs that works.
const (
	startLimit  = 30 * time.Second
	stopLimit   = 15 * time.Second       // above the 10 s that it may take to drain
	outputLimit = 500 * time.Millisecond // for its children to let go of its output, when it has ended
)

// PhasesVariable, set to "off" in a program's environment, has it leave out its phases; see package twin.
const PhasesVariable = "FORKTAX_PHASES"

// exporterVariable tells a program which forktax renders its /metrics; see package twin.
const exporterVariable = "FORKTAX_EXPORTER"

// A Launcher starts programs as targets, each with data of its own.
type Launcher struct {
	Programs   []Program
	Dir        string            // under which each target's data is made, and removed again
	Addr       string            // where to serve, by default a free port of the loopback
	Admin      string            // likewise for the admin listener
	Exporter   string            // the forktax command, for /metrics; "" if there is none
	Log        io.Writer         // what the programs log, as it comes; nil means it is only kept for errors
	Env        map[string]string // set for each program, over what its prepare says
	StartLimit time.Duration     // for a program to say that it is ready, and be in good health; 0 means 30 s
	StopLimit  time.Duration     // for it to end when it is asked to, else it is killed; 0 means 15 s
	AtOnce     <-chan struct{}   // closed when there is no time for that: what is to end is killed; nil: there is
	Variants   []Variant         // by whose names models are called that have conditions of their own
	Foreign    []Foreign         // by whose names models are called that need no launching
	Seed       uint64            // of what is varied from one launch to the next
	// Elsewhere, if set, starts a process where it is to run: on certain cores, say. It calls start, once.
	Elsewhere func(start func() error) error

	launches uint64
}

var _ bench.Launcher = (*Launcher)(nil)

// Launch implements bench.Launcher.
func (l *Launcher) Launch(ctx context.Context, model, workload string) (*bench.Target, func() error, error) {
	for _, f := range l.Foreign {
		if f.Name == model {
			return f.target(workload), func() error { return nil }, nil
		}
	}
	v := l.variant(model)
	p, err := named(slices.Concat(v.Programs, l.Programs), workload)
	if err != nil {
		return nil, nil, err
	}
	if !p.Knows(v.Model) {
		return nil, nil, fmt.Errorf("%s has no model %q; it has %s", p.Path, v.Model, strings.Join(p.Models, ", "))
	}
	dir, err := os.MkdirTemp(l.Dir, workload+"-"+v.Model+"-")
	if err != nil {
		return nil, nil, fmt.Errorf("making a folder for data: %w", err)
	}
	env, err := p.Prepare(ctx, filepath.Join(dir, "data"))
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	s, err := l.start(ctx, p, v, env)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.target.Workload, s.target.Model, s.target.Gone = workload, model, s.gone
	return s.target, func() error { return errors.Join(s.stop(), os.RemoveAll(dir)) }, nil
}

// named is the first of the programs that serves the workload.
func named(programs []Program, workload string) (Program, error) {
	for _, p := range programs {
		if p.Name == workload {
			return p, nil
		}
	}
	return Program{}, fmt.Errorf("no program serves %q", workload)
}

// server is a program that serves.
type server struct {
	target *bench.Target
	cmd    *exec.Cmd
	stdin  io.Closer
	said   chan string // yields its first line
	log    *tail
	limit  time.Duration   // to end
	atOnce <-chan struct{} // closed when nobody waits for that
	gone   chan error      // yields why it ended, if nobody asked it to
	asked  chan struct{}   // closed when it is asked to end
	ended  chan struct{}   // closed when it has ended
	err    error           // how; to be read after ended
}

func (l *Launcher) start(ctx context.Context, p Program, v Variant, env map[string]string) (*server, error) {
	addr, admin := cmp.Or(l.Addr, "127.0.0.1:0"), cmp.Or(l.Admin, "127.0.0.1:0")
	s := &server{said: make(chan string, 1), log: &tail{to: l.Log}, limit: cmp.Or(l.StopLimit, stopLimit),
		atOnce: l.AtOnce, gone: make(chan error, 1), asked: make(chan struct{}), ended: make(chan struct{})}
	s.cmd = exec.Command(p.Path, "serve", "-model", v.Model, "-addr", addr, "-admin", admin)
	s.cmd.Env = append(ownEnvironment(), exporterVariable+"="+l.Exporter)
	for _, vars := range []map[string]string{env, l.Env, v.Env} {
		for name, value := range vars {
			s.cmd.Env = append(s.cmd.Env, name+"="+value)
		}
	}
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.WaitDelay = &firstLine{to: s.said}, s.log, outputLimit
	s.cmd.Env = append(s.cmd.Env, l.padding(v.Padding))
	apart(s.cmd)
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	s.stdin = stdin
	start := s.cmd.Start
	if l.Elsewhere != nil {
		start = func() error { return l.Elsewhere(s.cmd.Start) }
	}
	if err := start(); err != nil {
		return nil, fmt.Errorf("%s serve: %w", p.Path, err)
	}
	go s.wait()
	if err := s.ready(ctx, cmp.Or(l.StartLimit, startLimit)); err != nil {
		stopped := s.stop()
		return nil, fmt.Errorf("%s serve -model %s: %w", p.Path, v.Model, errors.Join(err, stopped))
	}
	return s, nil
}

// paddingVariable is in the environment of every program, and a cgi host hands it on to its children.
const paddingVariable = "FORKTAX_PADDING"

// mostPadding is a page of memory, within which an offset can matter.
const mostPadding = 4096

// MostPadding is what a variant may add to the environment. The kernel takes at most 128 KiB in one string.
const MostPadding = 120_000

// padding is a variable of a length drawn anew for each launch, and so many bytes more. The environment stands above
// a process's stack, and its size shifts the stack against cache lines and pages, which alone can make a program
// faster or slower (Mytkowicz et al., ASPLOS 2009). A run must not compare two such accidents. The path of the
// program stands in the same place and would shift the same stack, so it is left as it is.
func (l *Launcher) padding(more int) string {
	l.launches++
	n := more + rand.New(rand.NewPCG(l.Seed, l.launches)).IntN(mostPadding)
	return paddingVariable + "=" + strings.Repeat("x", n)
}

// wait waits for the program's end and tells, if nobody asked for it.
func (s *server) wait() {
	s.err = s.cmd.Wait()
	close(s.ended)
	select {
	case <-s.asked:
	default:
		s.gone <- s.complaint()
	}
}

// complaint says how the program ended, with what it logged last.
func (s *server) complaint() error {
	state := s.cmd.ProcessState.String()
	if s.log.to != nil { // whoever reads this has read the log
		return fmt.Errorf("it ended (%s)", state)
	}
	if text := s.log.last(); text != "" {
		return fmt.Errorf("it ended (%s); the last it logged:\n%s", state, text)
	}
	return fmt.Errorf("it ended (%s) and logged nothing", state)
}

// ready waits for the line "ready <url> <admin url>", and then for the target to be in good health.
func (s *server) ready(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it was not ready within %v", limit))
	defer cancel()
	var line string
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case line = <-s.said:
	case <-s.ended:
		select {
		case line = <-s.said:
		default:
			return s.complaint()
		}
	}
	fields := strings.Fields(line)
	if len(fields) != 3 || fields[0] != "ready" {
		return fmt.Errorf("it printed %q in place of: ready <url> <admin url>", line)
	}
	s.target = &bench.Target{URL: fields[1], AdminURL: fields[2], PID: s.cmd.Process.Pid}
	err := s.healthy(ctx)
	if err == nil {
		return nil
	}
	select {
	case <-s.ended: // which is why, and is known a little later
		return s.complaint()
	case <-time.After(outputLimit):
		return cmp.Or(context.Cause(ctx), err)
	}
}

func (s *server) healthy(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.target.AdminURL+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("its admin URL: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking for its health: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("asking for its health: %s", resp.Status)
	}
	return nil
}

// stop asks the program to end, waits, and if need be makes it. Whatever it started and left behind is killed.
func (s *server) stop() error {
	close(s.asked)
	defer kill(s.cmd)
	select {
	case <-s.ended: // by itself, as whoever listens to gone knows
		return nil
	default:
	}
	s.stdin.Close()
	terminate(s.cmd)
	limit := time.NewTimer(s.limit)
	defer limit.Stop()
	select {
	case <-s.ended:
	case <-s.atOnce:
		kill(s.cmd)
		<-s.ended
		return nil // as somebody wanted it
	case <-limit.C:
		kill(s.cmd)
		<-s.ended
		return fmt.Errorf("%s did not end within %v of being asked to, and was killed", s.cmd.Path, s.limit)
	}
	if s.err != nil && !errors.Is(s.err, exec.ErrWaitDelay) {
		return fmt.Errorf("%s: %w", s.cmd.Path, s.complaint())
	}
	return nil
}
