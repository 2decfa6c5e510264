package program

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"forktax/bench"
)

// Limits on what a program may take; each is far above what one needs that works.
const (
	startLimit = 30 * time.Second // to say that it is ready
	stopLimit  = 15 * time.Second // to end when asked: above the 10 s that it may take to drain
)

// exporterVariable tells a program which forktax renders its /metrics; see package twin.
const exporterVariable = "FORKTAX_EXPORTER"

// A Launcher starts programs as targets, each with data of its own.
type Launcher struct {
	Programs []Program
	Dir      string            // under which each target's data is made, and removed again
	Addr     string            // where to serve, by default a free port of the loopback
	Admin    string            // likewise for the admin listener
	Exporter string            // the forktax command, for /metrics; "" if there is none
	Log      io.Writer         // what the programs log, as it comes; nil means it is only kept for errors
	Env      map[string]string // set for each program, over what its prepare says
}

var _ bench.Launcher = (*Launcher)(nil)

// Launch implements bench.Launcher.
func (l *Launcher) Launch(ctx context.Context, model, workload string) (*bench.Target, func() error, error) {
	p, err := l.named(workload)
	if err != nil {
		return nil, nil, err
	}
	if !p.Knows(model) {
		return nil, nil, fmt.Errorf("%s has no model %q; it has %s", p.Path, model, strings.Join(p.Models, ", "))
	}
	dir, err := os.MkdirTemp(l.Dir, workload+"-"+model+"-")
	if err != nil {
		return nil, nil, fmt.Errorf("making a folder for data: %w", err)
	}
	env, err := p.Prepare(ctx, filepath.Join(dir, "data"))
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	s, err := l.start(ctx, p, model, env)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.target.Workload, s.target.Model, s.target.Gone = workload, model, s.gone
	return s.target, func() error { return errors.Join(s.stop(), os.RemoveAll(dir)) }, nil
}

func (l *Launcher) named(workload string) (Program, error) {
	for _, p := range l.Programs {
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
	log    *tail
	gone   chan error    // yields why it ended, if nobody asked it to
	asked  chan struct{} // closed when it is asked to end
	ended  chan struct{} // closed when it has ended
	err    error         // how; to be read after ended
}

func (l *Launcher) start(ctx context.Context, p Program, model string, env map[string]string) (*server, error) {
	addr, admin := or(l.Addr, "127.0.0.1:0"), or(l.Admin, "127.0.0.1:0")
	s := &server{log: &tail{to: l.Log}, gone: make(chan error, 1), asked: make(chan struct{}), ended: make(chan struct{})}
	s.cmd = exec.Command(p.Path, "serve", "-model", model, "-addr", addr, "-admin", admin)
	s.cmd.Env = append(ownEnvironment(), exporterVariable+"="+l.Exporter)
	for _, vars := range []map[string]string{env, l.Env} {
		for name, value := range vars {
			s.cmd.Env = append(s.cmd.Env, name+"="+value)
		}
	}
	s.cmd.Stderr = s.log
	apart(s.cmd)
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	s.stdin = stdin
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s serve: %w", p.Path, err)
	}
	lines := make(chan string, 1)
	go s.wait(stdout, lines)
	if err := s.ready(ctx, lines); err != nil {
		stopped := s.stop()
		return nil, fmt.Errorf("%s serve -model %s: %w", p.Path, model, errors.Join(err, stopped))
	}
	return s, nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// wait hands on the first line that the program prints, throws the others away, and waits for its end.
func (s *server) wait(stdout io.Reader, first chan<- string) {
	r := bufio.NewReader(stdout)
	line, _ := r.ReadString('\n')
	first <- line
	io.Copy(io.Discard, r)
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
func (s *server) ready(ctx context.Context, lines <-chan string) error {
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-limit.C:
		return fmt.Errorf("it did not say that it is ready within %v", startLimit)
	case line := <-lines:
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == "ready" {
			s.target = &bench.Target{URL: fields[1], AdminURL: fields[2], PID: s.cmd.Process.Pid}
			return s.healthy(ctx)
		}
		if line == "" {
			<-s.ended
			return s.complaint()
		}
		return fmt.Errorf("it printed %q in place of: ready <url> <admin url>", strings.TrimSpace(line))
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

// stop asks the program to end, waits, and if need be makes it, with all that it started.
func (s *server) stop() error {
	close(s.asked)
	select {
	case <-s.ended: // by itself, as whoever listens to gone knows; but perhaps not its children
		kill(s.cmd)
		return nil
	default:
	}
	s.stdin.Close()
	terminate(s.cmd)
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-s.ended:
	case <-limit.C:
		kill(s.cmd)
		<-s.ended
		return fmt.Errorf("%s did not end within %v of being asked to, and was killed", s.cmd.Path, stopLimit)
	}
	if s.err != nil {
		return fmt.Errorf("%s: %w", s.cmd.Path, s.complaint())
	}
	return nil
}
