package hosting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"

	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Options describe what to serve, and how.
type Options struct {
	Workload, Model string
	Phases          bool // add the phases of each request, by the host's clock, to its response
	RemoteAdmin     bool // other machines may reach the admin listener
	Script          Script
	Auth            Auth
	Data            servers.Options
}

// Serve serves until ctx ends. When it is ready, it prints a line with the URLs to stdout.
func (o *Options) Serve(ctx context.Context, l *subject.Launcher, stdout, stderr io.Writer) (err error) {
	database, workload, model := o.Data, o.Workload, o.Model
	if err := cmp.Or(database.Validate(), usable("addr", l.Addr), usable("admin", l.Admin), o.local(l.Admin),
		distinct(l.Addr, l.Admin)); err != nil {
		return err
	}
	if o.RemoteAdmin {
		l.Flags = append(l.Flags, "-"+contract.FlagRemoteAdmin)
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
	front := o.Auth.Enabled() && !o.Script.Enabled() // the CGI host authenticates clients itself
	authEnv, err := o.Auth.environment()
	if err != nil {
		return err
	}
	if o.Auth.Enabled() && !front {
		maps.Copy(l.Env, authEnv)
	}
	if w := subject.ParseSelection(workload); w.Request != "" {
		return subject.Unusable("--workload %q: must be a workload without a request, such as %s, or the path of a "+
			"program, such as ./%[1]s", workload, w.Program)
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
	if err := effective(l.Flags, model); err != nil {
		return err
	}
	l.Programs, l.Log, l.Messages = programs, stderr, stderr
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
		authEnv[contract.EnvAuthproxyURL] = target.URL
		proxy, stop, err := inFront(ctx, l, finder, authEnv)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
		shown, gone = proxy, proxy.Gone
	}
	if _, err := fmt.Fprintf(stdout, "ready %s %s\n", shown.URL, target.AdminURL); err != nil {
		return err
	}
	select {
	case <-ctx.Done(): // a requested end is not an error
		return nil
	case err := <-target.Gone:
		return fmt.Errorf("%s as %s: %w", p.Name, model, err)
	case err := <-gone:
		return fmt.Errorf("authentication proxy: %w", err)
	}
}

// effective returns an error for the first limit among the flags of a program that has no effect in the model.
func effective(flags []string, model string) error {
	m, known := contract.ModelNamed(model)
	limits := m.Limits()
	for _, f := range flags {
		name, _, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if known && slices.Contains(contract.LimitNames(), name) && !slices.Contains(limits, name) {
			return subject.InvalidOption(name, "has no effect in the model %s: use another --model, or --%s", model,
				strings.Join(limits, ", --"))
		}
	}
	return nil
}

// inFront starts the authentication proxy in front of the server that env names.
func inFront(ctx context.Context, l *subject.Launcher, finder *subject.Finder, env map[string]string) (*subject.Target,
	func() error, error) {
	found, err := finder.Find(ctx, []string{authWorkload})
	if err != nil {
		return nil, nil, err
	}
	flags := l.Flags
	defer func() { l.Flags = flags }()
	l.Flags = nil // they belong to the server
	return l.Serve(ctx, found[0], subject.Variant{Model: subject.PersistentName, Env: env})
}

// usable returns an error if it is not possible to listen on the address, which is the value of the option.
func usable(option, address string) error {
	listener, err := subject.Listen(option, address)
	if err != nil {
		return err
	}
	return listener.Close()
}

// local returns an error if other machines may be able to reach the admin listener, unless that is permitted.
func (o *Options) local(admin string) error {
	host, _, _ := net.SplitHostPort(admin)
	if ip := net.ParseIP(host); o.RemoteAdmin || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return subject.InvalidOption("admin", "%s: other machines could reach it: must be a loopback address, such as "+
		"127.0.0.1:0, unless --remote-admin permits others", admin)
}

// distinct returns an error if both listeners would have the same port.
func distinct(addr, admin string) error {
	if _, port, _ := net.SplitHostPort(admin); addr != admin || port == "0" {
		return nil
	}
	return subject.InvalidOption("admin", "%s is also the address of --addr: use another, or port 0 for a free port",
		admin)
}
