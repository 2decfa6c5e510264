//go:build !wasip1

package workload

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"forktax/cgi"
	"forktax/persistent"
	"forktax/workload/contract"
)

const loopback = "127.0.0.1:0" // any free port, reachable from this machine only

// checkLimits returns an error if the command line has a limit that has no effect in the model, or two that contradict
// each other.
func checkLimits(given *flag.FlagSet, l contract.ChildLimits, m contract.Model) (err error) {
	effective := m.Limits()
	for name, workers := range map[string]int{contract.FlagWorkers: l.Workers, contract.FlagSpares: l.Spares} {
		if slices.Contains(effective, name) && slices.Contains(effective, contract.FlagProcesses) && workers > l.Children {
			return fmt.Errorf("%w: -%s %d is more than -max-children %d, the number of processes", errUsage, name, workers,
				l.Children)
		}
	}
	all := contract.LimitNames()
	given.Visit(func(f *flag.Flag) {
		if slices.Contains(all, f.Name) && !slices.Contains(effective, f.Name) {
			err = fmt.Errorf("%w: -%s has no effect in the model %s: use -model %s, or one of the limits %s", errUsage, f.Name,
				m.Name, modelWith(f.Name).Name, "-"+strings.Join(effective, ", -"))
		}
	})
	return err
}

// fit raises the number of processes of a model with workers, unless it is given, so that as many requests can be
// served as there are processes that wait for one.
func fit(given *flag.FlagSet, l *contract.ChildLimits, m contract.Model) {
	explicit := false
	given.Visit(func(f *flag.Flag) { explicit = explicit || f.Name == contract.FlagProcesses })
	if !explicit && m.Host == contract.HostWorkers {
		l.Children = max(l.Children, 2*l.Workers, 2*l.Spares)
	}
}

// modelWith returns a model in which a limit has an effect: that for programs of other people, if it has one there.
func modelWith(limit string) contract.Model {
	for _, m := range append([]contract.Model{contract.Direct()}, contract.Models...) {
		if slices.Contains(m.Limits(), limit) {
			return m
		}
	}
	return contract.Direct()
}

func serve(ctx context.Context, w Workload, args []string, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	name := flags.String("model", contract.Resident().Name,
		"execution model, one of: "+strings.Join(w.models(), ", "))
	addr := flags.String("addr", loopback, "listen address (port 0: any free port)")
	adminAddr := flags.String("admin", loopback,
		"listen address of /metrics, /usage and /healthz, on the loopback interface (port 0: any free port)")
	remoteAdmin := flags.Bool(contract.FlagRemoteAdmin, false, "permit -admin to be an address that other machines reach")
	var limits contract.ChildLimits
	limits.Flags(flags)
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	row, m, err := w.modelNamed(*name)
	if err == nil {
		fit(flags, &limits, m)
		err = checkLimits(flags, limits, m)
	}
	if err != nil {
		return err
	}
	if m.Host == contract.HostWasm && w.Wasm == nil {
		return w.serveModule(args)
	}
	share, err := readDelay()
	if err != nil {
		return err
	}
	lines := &logWriter{to: stderr}
	defer lines.flush()
	logger := log.New(lines, w.Name+" "+m.Name+": ", log.LstdFlags)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ln, err := listen(*addr, "addr")
	if err != nil {
		return err
	}
	defer ln.Close()
	adminLn, err := listen(*adminAddr, "admin")
	if err != nil {
		return err
	}
	defer adminLn.Close()
	if a, ok := adminLn.Addr().(*net.TCPAddr); !*remoteAdmin && (!ok || !a.IP.IsLoopback()) {
		return fmt.Errorf("%w: -admin %s: must be a loopback address, such as %s, as other machines must not reach it "+
			"unless -%s permits that", errUsage, *adminAddr, loopback, contract.FlagRemoteAdmin)
	}

	if w.Setup != nil {
		release, failed := w.Setup(ctx) // not err: the deferred function sets that
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	p := w.program(m)
	p.Limits, p.Logger = limits, logger
	s, err := row.Start(context.WithoutCancel(ctx), p) // the signal must not abort requests in progress
	if err != nil {
		return err
	}
	if s.Close != nil {
		defer func() { err = errors.Join(err, s.Close()) }()
	}
	if w.Middleware != nil {
		front, shut, failed := w.Middleware(s.Handler)
		if failed != nil {
			return failed
		}
		s.Handler = front
		defer func() { err = errors.Join(err, shut()) }()
	}

	counts := &counters{untimed: os.Getenv(contract.EnvPhases) == "off"}
	a := &admin{workload: w.Name, model: m, counters: counts, server: s}
	endWithInput(stdin, cancel)
	fmt.Fprintf(stdout, "ready http://%s http://%s\n", ln.Addr(), adminLn.Addr())
	return runBoth(ctx, cancel,
		func(ctx context.Context) error {
			return (&persistent.Server{Handler: counts.countPhases(withDelay(share, s.Handler)), Header: limits.Header,
				ConnContext: cgi.WithConn, Logger: logger}).Serve(ctx, ln)
		},
		func(ctx context.Context) error {
			return (&persistent.Server{Handler: a.handler(), Logger: logger}).Serve(ctx, adminLn)
		})
}

func listen(addr, flag string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listening on -%s %s: another process listens there", flag, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listening on -%s %s: %w", flag, addr, err)
	}
	return ln, nil
}

// runBoth runs a and b until both have ended, and cancels the other when one fails.
func runBoth(ctx context.Context, cancel context.CancelFunc, a, b func(context.Context) error) error {
	ended := make(chan error, 2)
	for _, f := range []func(context.Context) error{a, b} {
		go func() {
			err := f(ctx)
			if err != nil {
				cancel()
			}
			ended <- err
		}()
	}
	return errors.Join(<-ended, <-ended)
}

// endWithInput calls end when the parent process closes the program's standard input, or exits. This works for a pipe
// or a socket only: a terminal must not be read in the background, and /dev/null is at its end from the start.
func endWithInput(stdin io.Reader, end func()) {
	if stdin == nil {
		return
	}
	if f, ok := stdin.(*os.File); ok {
		info, err := f.Stat()
		if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
			return
		}
	}
	go func() {
		io.Copy(io.Discard, stdin)
		end()
	}()
}
