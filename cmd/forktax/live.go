package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"forktax/bench/live"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

func liveCommand(atOnce <-chan struct{}) *cobra.Command {
	var listen string
	var open bool
	c := &cobra.Command{
		Use:   "live",
		Short: "Show both twins under load, side by side, on a page for a class",
		Long: `Live serves a page on which both twins are under load, steered from there: workload, load, database, and the
model of either side. It shows each process as it comes and goes, requests a second and response times, where the time
of the last requests went, connections and CPU. A tour of eight steps tells the story.

The page needs the address that is printed, with its token. Only this machine reaches it, unless --listen says
otherwise: then whoever knows the token can start and steer the built-in workloads, and nothing else. By ssh -L it is
reached at the same port alone, for the page is asked for by name. Below the address, /metrics is for Prometheus.`,
		Example: `  forktax live
  forktax live --open
  forktax live --listen 127.0.0.1:8090`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return liveShow(c.Context(), listen, open, atOnce, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "where the page is; port 0 takes a free one")
	c.Flags().BoolVar(&open, "open", false, "open the page in a browser")
	return c
}

// liveShow serves the page until ctx ends.
func liveShow(ctx context.Context, listen string, open bool, atOnce <-chan struct{}, stdout, stderr io.Writer) (err error) {
	s, err := newStage(ctx, atOnce, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return usagef("--listen %s: %w", listen, err)
	}
	defer ln.Close()
	first := live.Setup{Workload: "hello", Models: [2]string{hostedModel, plan.Baseline}, Clients: 4}
	show, err := live.NewShow(s, load.Engines, load.Default, first)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, show.Close()) }()
	server := live.NewServer(show, ln.Addr())
	url := "http://" + reachable(ln.Addr()) + server.Path()
	if tcp, ok := ln.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		fmt.Fprintln(stderr, "other machines reach this address: whoever knows the token can start and steer the built-in workloads")
	}
	if _, err := fmt.Fprintf(stdout, "live %s\n", url); err != nil {
		return err
	}
	if open {
		if err := openBrowser(url); err != nil {
			fmt.Fprintf(stderr, "opening a browser: %v\n", err)
		}
	}
	h := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(ln) }()
	select {
	case <-ctx.Done():
		err := show.Close()
		return errors.Join(err, h.Close())
	case err := <-failed:
		return err
	}
}

// reachable is an address by which a listener at all addresses can be reached from elsewhere, or its own.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	host := "localhost"
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if own, ok := a.(*net.IPNet); ok && own.IP.IsGlobalUnicast() {
			host = own.IP.String()
			break
		}
	}
	return net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}

// openBrowser has the desktop open the page.
func openBrowser(url string) error {
	program := "xdg-open"
	if runtime.GOOS == "darwin" {
		program = "open"
	}
	cmd := exec.Command(program, url)
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// A stage has the built-in workloads played on.
type stage struct {
	finder *subject.Finder
	stderr io.Writer
	atOnce <-chan struct{}
	dir    string

	mu        sync.Mutex // over what is below
	choices   []live.Choice
	programs  map[string]subject.Program // by choice, and by choice and database
	databases map[string]subject.Database
	stops     []func() error
}

// playable are the workloads that a page may choose.
var playable = []string{"hello", "startup", "guestbook", "members"}

func newStage(ctx context.Context, atOnce <-chan struct{}, stderr io.Writer) (*stage, error) {
	s := &stage{finder: subject.NewFinder(stderr), stderr: stderr, atOnce: atOnce, programs: map[string]subject.Program{},
		databases: map[string]subject.Database{}}
	found, err := s.finder.Find(ctx, playable)
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		for _, r := range p.Requests {
			c := live.Choice{Name: subjectOf(p.Name, r.Name), About: p.About, Models: p.Models}
			s.programs[c.Name] = p
			if p.Name == "guestbook" {
				c.Databases = []string{embedded}
				if servers.Installed() == nil {
					c.Databases = append(c.Databases, subject.Postgres)
				}
			}
			s.choices = append(s.choices, c)
		}
	}
	if s.dir, err = os.MkdirTemp("", "forktax-"); err != nil {
		return nil, fmt.Errorf("making a folder for the data of the targets: %w", err)
	}
	return s, nil
}

// subjectOf names a request; that of a workload with just one often has its name.
func subjectOf(workload, request string) string {
	if workload == request || workload == live.Startup {
		return workload
	}
	return workload + "/" + request
}

// Choices implements live.Stage.
func (s *stage) Choices() []live.Choice { return s.choices }

// Launch implements live.Stage.
func (s *stage) Launch(ctx context.Context, setup live.Setup, side int) (*subject.Target, contract.Request, func() error, error) {
	p, err := s.program(ctx, setup)
	if err != nil {
		return nil, contract.Request{}, nil, err
	}
	databases, err := s.served(ctx, p.Database)
	if err != nil {
		return nil, contract.Request{}, nil, err
	}
	env := map[string]string{}
	if setup.Workload == live.Startup {
		env["STARTUP_WORK"] = fmt.Sprint(setup.WorkMS, "ms")
		env["STARTUP_CONNECT"] = fmt.Sprint(setup.ConnectMS, "ms")
	}
	l := subject.Launcher{Dir: s.dir, Exporter: ownPath(), AtOnce: s.atOnce, Databases: databases}
	t, stop, err := l.Serve(ctx, p, subject.Variant{Model: setup.Models[side], Env: env})
	if err != nil {
		return nil, contract.Request{}, nil, err
	}
	i := slices.IndexFunc(p.Requests, func(r contract.Request) bool { return subjectOf(p.Name, r.Name) == setup.Workload })
	return t, p.Requests[i], stop, nil
}

// program is that of the choice, which keeps its data where that says.
func (s *stage) program(ctx context.Context, setup live.Setup) (subject.Program, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if setup.Database != subject.Postgres {
		return s.programs[setup.Workload], nil
	}
	key := setup.Workload + " " + setup.Database
	if p, known := s.programs[key]; known {
		return p, nil
	}
	finder := *s.finder
	finder.Database = subject.Postgres
	found, err := finder.Find(ctx, []string{s.programs[setup.Workload].Name})
	if err != nil {
		return subject.Program{}, err
	}
	s.programs[key] = found[0]
	return found[0], nil
}

// served starts the server that programs of this kind need, once.
func (s *stage) served(ctx context.Context, kind string) (map[string]subject.Database, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind != subject.Postgres && kind != subject.Directory || s.databases[kind] != nil {
		return maps.Clone(s.databases), nil
	}
	o := databaseOptions{Database: subject.Postgres, Users: inMemory}
	server, err := o.startOne(context.WithoutCancel(ctx), kind, &subject.Launcher{}, s.stderr)
	if err != nil {
		return nil, err
	}
	s.databases[kind] = server
	s.stops = append(s.stops, server.Stop)
	return maps.Clone(s.databases), nil
}

func (s *stage) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, stop := range s.stops {
		errs = append(errs, stop())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}
