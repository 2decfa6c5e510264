package hosting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"

	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Options are what is served, and how.
type Options struct {
	Workload, Model string
	Phases          bool // responses have the phases of their requests, by the host's clock
	Script          Script
	Auth            Auth
	Data            servers.Options
}

// Serve serves until ctx ends. It prints a line with the URLs when it is ready.
func (o *Options) Serve(ctx context.Context, l *subject.Launcher, stdout, stderr io.Writer) (err error) {
	database, workload, model := o.Data, o.Workload, o.Model
	if err := cmp.Or(database.Validate(), usable("addr", l.Addr), usable("admin", l.Admin), local("admin", l.Admin),
		distinct(l.Addr, l.Admin)); err != nil {
		return err
	}
	if l.Env, err = o.Script.Environment(); err != nil {
		return err
	}
	if l.Env == nil {
		l.Env = map[string]string{}
	}
	if !o.Phases {
		l.Env[contract.EnvPhases] = "off"
	}
	front := o.Auth.Enabled() && !o.Script.Enabled() // else the host asks itself
	asks, err := o.Auth.environment()
	if err != nil {
		return err
	}
	if o.Auth.Enabled() && !front {
		maps.Copy(l.Env, asks)
	}
	if w := subject.ParseSelection(workload); w.Request != "" {
		return subject.Unusable("--workload %q: serve takes a whole workload, such as %s, or the path of a program, "+
			"such as ./%[1]s",
			workload, w.Program)
	}
	finder := database.Finder(stderr)
	programs, err := finder.Find(ctx, []string{workload})
	var unknown *subject.UnknownError
	if errors.As(err, &unknown) {
		return subject.Unusable("--workload %w", err)
	}
	if err != nil {
		return err
	}
	p := programs[0]
	if !p.HasModel(model) {
		return subject.Unusable("--model %q is not a model of %s: use one of %s", model, p.Name, strings.Join(p.Models, ", "))
	}
	l.Programs, l.Log = programs, stderr
	if err := database.Suits(l); err != nil {
		return err
	}
	_, end, err := database.Start(ctx, l, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	addr := l.Addr
	if front {
		l.Addr = "127.0.0.1:0"
	}
	target, stop, err := l.Launch(ctx, model, p.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	shown, gone := target, (<-chan error)(nil)
	if front {
		l.Addr, l.Admin = addr, "127.0.0.1:0"
		asks[contract.EnvAuthproxyURL] = target.URL
		gate, stop, err := inFront(ctx, l, finder, asks)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
		shown, gone = gate, gate.Gone
	}
	if _, err := fmt.Fprintf(stdout, "ready %s %s\n", shown.URL, target.AdminURL); err != nil {
		return err
	}
	select {
	case <-ctx.Done(): // it was asked to end, which is how serving ends well
		return nil
	case err := <-target.Gone:
		return fmt.Errorf("%s as %s: %w", p.Name, model, err)
	case err := <-gone:
		return fmt.Errorf("authentication proxy: %w", err)
	}
}

// inFront starts the program that asks who clients are in front of the server that env names.
func inFront(ctx context.Context, l *subject.Launcher, finder *subject.Finder, env map[string]string) (*subject.Target,
	func() error, error) {
	found, err := finder.Find(ctx, []string{authWorkload})
	if err != nil {
		return nil, nil, err
	}
	flags := l.Flags
	defer func() { l.Flags = flags }()
	l.Flags = nil // those are of the other
	return l.Serve(ctx, found[0], subject.Variant{Model: subject.PersistentName, Env: env})
}

// usable returns an error if the value of the option is not an address that can be listened on.
func usable(option, address string) error {
	listener, err := subject.Listen(option, address)
	if err != nil {
		return err
	}
	return listener.Close()
}

// local returns an error if the address, which can be listened on, is one that other machines may reach.
func local(option, address string) error {
	host, _, _ := net.SplitHostPort(address)
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return subject.InvalidOption(option,
		"%s: other machines could reach it; an address of the loopback interface is needed, such "+
			"as 127.0.0.1:0", address)
}

// distinct returns an error if both listeners would have the same port.
func distinct(addr, admin string) error {
	if _, port, _ := net.SplitHostPort(admin); addr != admin || port == "0" {
		return nil
	}
	return subject.InvalidOption("admin", "%s is the address of --addr, too: give another, or port 0 for a free one",
		admin)
}
