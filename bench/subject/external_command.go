package subject

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"forktax/bench/account"
	"forktax/bench/process"
	"forktax/bench/units"
	"forktax/workload/contract"
)

const (
	listenersEvery = 200 * time.Millisecond // between two checks of a command's listeners
	listenGrace    = 2 * time.Second        // for a command that listens elsewhere to listen on its port too
	commandIdle    = time.Second            // longest wait until a listening command is idle
	commandSettle  = time.Second            // time in which a command may go to the background
)

const (
	// commandStopLimit is the longest that a command may take to stop. By then it has no requests.
	commandStopLimit = 5 * time.Second
	// killedStopLimit replaces commandStopLimit for a command that had to be killed before.
	killedStopLimit = 500 * time.Millisecond
)

// A command is a server that was started by a command of the user.
type command struct {
	*process.Process
	port  int
	group *account.Group // nil if no control group could be made
	meter account.Meter
	// looked is the time of the last check of its listeners. Elsewhere is the time since when it has only had other
	// listeners without using the CPU; zero if it has not.
	looked, elsewhere time.Time
}

// start starts the command as a target, and waits until it accepts connections. Another process may take the port
// before the command does: then it is started once more, with another port.
func (f External) start(ctx context.Context, l *Launcher, workload string) (t *Target, stop func() error, err error) {
	if IsAddress(f.Command) {
		return nil, nil, InvalidOption(f.Name, "%q: http:// is missing: http://%s", f.Command, f.Command)
	}
	for range 2 {
		t, stop, err = f.startOnce(ctx, l, workload)
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), syscall.EADDRINUSE.Error()) {
			break
		}
	}
	return t, stop, err
}

func (f External) startOnce(ctx context.Context, l *Launcher, workload string) (*Target, func() error, error) {
	began, limit := time.Now(), cmp.Or(l.StopLimit, commandStopLimit)
	if l.killed == nil {
		l.killed = &commandSet{}
	}
	if l.killed.has(f.Command) {
		limit = min(limit, killedStopLimit)
	}
	c, err := l.startCommand(f, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("starting %s: %w", f.Command, err)
	}
	stop := func() error {
		return errors.Join(l.survived(f, c.StopSupervised(limit, l.Kill)), c.group.Remove())
	}
	address, ready, err := c.await(ctx, cmp.Or(l.StartLimit, startLimit))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("starting %s: %w", f.Command, err), stop())
	}
	f.URL = &url.URL{Scheme: "http", Host: address, Path: f.Path}
	t := f.target(workload)
	t.Gone, t.LogLines, t.UsageFunc, t.PID, t.Ready = c.Gone(), c.LogLines, c.usage, c.first(), ready.Sub(began)
	return t, stop, nil
}

// survived returns the error of stopping a command, except that the command had to be killed. That is logged once: no
// measurement depends on how an external server ends.
func (l *Launcher) survived(f External, err error) error {
	var killed *process.KilledError
	if !errors.As(err, &killed) {
		return err
	}
	if l.killed.add(f.Command) && l.Messages != nil {
		process.PrintBriefly(l.Messages, fmt.Sprintf("warning: %s: %v; next time it is killed after %s\n", f.Name, killed,
			units.Span(killedStopLimit)))
	}
	return nil
}

// A commandSet is a set of commands. It is safe for concurrent use.
type commandSet struct {
	mu       sync.Mutex
	commands []string
}

func (s *commandSet) has(command string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.commands, command)
}

// add adds the command and reports whether it was new.
func (s *commandSet) add(command string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.commands, command) {
		return false
	}
	s.commands = append(s.commands, command)
	return true
}

// startCommand starts the shell command of f with a free port.
func (l *Launcher) startCommand(f External, stopLimit time.Duration) (*command, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", strings.ReplaceAll(f.Command, "{port}", strconv.Itoa(port)))
	cmd.Dir, cmd.Env = f.Dir, append(append(environ(), f.Env...), fmt.Sprint("PORT=", port))
	c := &command{port: port, group: account.NewGroup(fmt.Sprintf("forktax-command-%d-%d", os.Getpid(), port))}
	c.group.Prepare(cmd)
	supervision := process.Supervision{Forktax: l.Exporter, Limit: stopLimit, Group: c.group.Dir()}
	c.Process, err = process.StartSupervised(supervision, cmd, l.Log, func(start func() error) error {
		return c.group.Start(func() error { return l.startIn(start) })
	})
	if err != nil {
		return nil, errors.Join(err, c.group.Remove())
	}
	c.AnyExit = true
	c.meter = account.Meter{Group: c.group, PIDs: []int{c.PID()}, Supervised: c.IsSupervised()}
	return c, nil
}

// await waits until the command accepts connections at its port and has started all of its processes. It returns the
// address and the time of the first connection, or an error with what the command logged.
func (c *command) await(ctx context.Context, limit time.Duration) (address string, ready time.Time, err error) {
	starting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(limit, func() { cancel(c.lateError(limit)) })
	defer late.Stop()
	err = process.Until(starting, func() (err error) {
		if address, err = c.connect(starting); err == nil {
			ready = time.Now()
			return nil
		}
		if wrong := c.checkListeners(); wrong != nil {
			cancel(wrong)
		}
		return err
	}, c.Process)
	switch cause := context.Cause(starting); {
	case ctx.Err() != nil:
		return "", ready, context.Cause(ctx)
	case err != nil && cause != nil:
		return "", ready, c.withLog(cause)
	case err != nil: // it ended
		return "", ready, err
	}
	return address, ready, c.settle(ctx)
}

// connect connects to the command's port on the loopback interface, by IPv4 or IPv6.
func (c *command) connect(ctx context.Context) (address string, err error) {
	var dialer net.Dialer
	for _, host := range []string{"127.0.0.1", "::1"} {
		address = net.JoinHostPort(host, strconv.Itoa(c.port))
		conn, failed := dialer.DialContext(ctx, "tcp", address)
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		// A port that is free in IPv4 may be used by another server in IPv6.
		if own := c.listeners(); host == "::1" && len(own) > 0 && !slices.ContainsFunc(own, c.isGiven) {
			err = errors.Join(err, conn.Close(), fmt.Errorf("%s is in use by another server", address))
			continue
		}
		return address, conn.Close()
	}
	return "", err
}

// settle waits until the command is idle. It returns an error if the command went to the background.
func (c *command) settle(ctx context.Context) error {
	idle, cancel := context.WithTimeout(ctx, commandIdle)
	defer cancel()
	c.meter.AwaitIdle(idle)
	wait := commandSettle
	if !c.IsSupervised() || account.Alive(c.PID()) && !account.HasReaped(c.PID()) {
		wait = 0
	}
	select { // the ended process may have been the command
	case why := <-c.Gone():
		return why
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(wait):
		return nil
	}
}

// first returns the PID of the server's first process; 0 if it is not known.
func (c *command) first() int {
	if !c.IsSupervised() {
		return c.PID()
	}
	if pids := c.processes(); len(pids) > 0 {
		return pids[0]
	}
	return 0
}

// processes returns the PIDs of the server.
func (c *command) processes() []int {
	pids := account.Descendants(c.PID())
	if !c.IsSupervised() {
		pids = append(pids, c.PID())
	}
	return pids
}

func (c *command) listeners() []netip.AddrPort { return process.Listeners(c.processes()...) }

func (c *command) isGiven(a netip.AddrPort) bool { return int(a.Port()) == c.port }

// checkListeners returns an error if the command does not listen on its port but elsewhere, and has been idle for
// listenGrace, so that it is no longer starting.
func (c *command) checkListeners() error {
	if time.Since(c.looked) < listenersEvery {
		return nil
	}
	c.looked = time.Now()
	switch at := c.listeners(); {
	case len(at) == 0:
		c.elsewhere = time.Time{}
	case c.elsewhere.IsZero(), process.Running(c.processes()...):
		c.elsewhere = c.looked
	case c.looked.Sub(c.elsewhere) >= listenGrace:
		return c.elsewhereError(at)
	}
	return nil
}

// lateError returns an error with the ports on which the command listens instead, if it listens.
func (c *command) lateError(limit time.Duration) error {
	late := fmt.Errorf("it did not listen on port %d within %s (its port is {port} or the variable PORT in the command)",
		c.port, units.Span(limit))
	if at := c.listeners(); len(at) > 0 {
		return fmt.Errorf("%w: %w", late, c.elsewhereError(at))
	}
	return late
}

func (c *command) elsewhereError(at []netip.AddrPort) error {
	if i := slices.IndexFunc(at, c.isGiven); i >= 0 {
		return fmt.Errorf("it listens on %s, which is not an address of the loopback interface: make it listen on 127.0.0.1",
			at[i])
	}
	return fmt.Errorf("it listens on %s, but its port is %d: use {port} or the variable PORT in the command",
		portsOf(at), c.port)
}

// portsOf lists the distinct ports of the addresses.
func portsOf(at []netip.AddrPort) string {
	var ports []string
	for _, a := range at {
		if port := strconv.Itoa(int(a.Port())); !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	if len(ports) == 1 {
		return "port " + ports[0]
	}
	return "ports " + strings.Join(ports, ", ")
}

// withLog adds what the command logged to an error.
func (c *command) withLog(err error) error {
	if text := c.LastLogged(); text != "" {
		return fmt.Errorf("%w; last log lines:\n%s", err, text)
	}
	return err
}

// usage waits until the server is idle and returns what it and its descendants have used so far; nil if that is not
// known.
func (c *command) usage() *contract.Usage {
	r, known := c.meter.Read()
	if !known {
		return nil
	}
	u := &contract.Usage{SelfCPUNS: int64(r.Used), CPUResolutionNS: int64(r.Resolution), External: r.OnlyCPU}
	if !r.OnlyCPU {
		u.Observed, u.PeakMemoryBytes, u.ProcessesStarted = true, r.PeakMemory, r.Processes
		u.MinorFaults, u.MajorFaults, u.EndedFaults = r.MinorFaults, r.MajorFaults, r.EndedFaults
	}
	return u
}
