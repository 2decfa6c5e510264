package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/spf13/cobra"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// serveOptions say what is served, and how.
type serveOptions struct {
	workload, model string
	Host            hostOptions
	Auth            authOptions
	Data            databaseOptions
}

func serveCommand(atOnce <-chan struct{}) *cobra.Command {
	var o serveOptions
	l := subject.Launcher{Exporter: ownPath(), AtOnce: atOnce}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a workload by one model, or any CGI program",
		Long: `Serve prepares a workload's data in a temporary folder and serves it until Ctrl-C. It prints the line
"ready <url> <admin url>"; the admin URL has /metrics, /usage and /healthz.

With --cgi it hosts any executable that speaks CGI, in any language: one process for each request. With --cgi-bin it
hosts a folder of them, each under its name. What children and clients may take is bounded by the flags below; see
SECURITY.md for what the host promises.

With --auth-file, --auth-ldap, or both it asks who a client is, by HTTP's scheme Basic, in front of anything: of those the
first that knows the name decides. Children of --cgi see it in AUTH_TYPE and REMOTE_USER, and other workloads in the header
Remote-User.`,
		Example: `  forktax serve --model cgi --workload guestbook --addr 127.0.0.1:8080
  forktax serve --cgi ./hello.sh --root /hello
  forktax serve --cgi ./hello.sh --auth-file ./passwords --auth-ldap 'ldap://localhost/ou=people,dc=example?uid'
  forktax serve --cgi-bin ./cgi-bin --root /cgi-bin --max-children 32 --child-timeout 10s`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.Host.check(c.Flags()); err != nil {
				return err
			}
			if err := o.Auth.check(c.Flags()); err != nil {
				return err
			}
			if o.Host.wanted() {
				o.workload, o.model = scriptWorkload, hostedModel
			}
			l.Flags = o.Host.limits(c.Flags())
			return serve(c.Context(), &l, o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.workload, "workload", "hello", "what to serve; see forktax list")
	f.StringVar(&o.model, "model", plan.Baseline, "how")
	f.StringVar(&l.Addr, "addr", "127.0.0.1:0", "where; port 0 takes a free one")
	f.StringVar(&l.Admin, "admin", "127.0.0.1:0", "where the admin pages are")
	o.Host.flags(f)
	o.Auth.flags(f)
	o.Data.flags(f)
	return c
}

func serve(ctx context.Context, l *subject.Launcher, o serveOptions, stdout, stderr io.Writer) (err error) {
	database, workload, model := o.Data, o.workload, o.model
	if err := database.check(); err != nil {
		return usageError{err}
	}
	if l.Env, err = o.Host.environment(); err != nil {
		return err
	}
	front := o.Auth.wanted() && !o.Host.wanted() // else the host asks itself
	asks, err := o.Auth.environment()
	if err != nil {
		return err
	}
	if o.Auth.wanted() && !front {
		maps.Copy(l.Env, asks)
	}
	if w := wishFor(workload); w.request != "" {
		return usagef("--workload %q: serve takes a whole workload, such as %s, or the path of a program, such as ./%[1]s",
			workload, w.program)
	}
	finder := database.finder(stderr)
	programs, err := finder.Find(ctx, []string{workload})
	var unknown *subject.UnknownError
	if errors.As(err, &unknown) {
		return usagef("--workload %w", err)
	}
	if err != nil {
		return err
	}
	p := programs[0]
	if !p.Knows(model) {
		return usagef("--model %q is unknown to %s; it has %v", model, p.Name, p.Models)
	}
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return fmt.Errorf("making a folder for data: %w", err)
	}
	defer os.RemoveAll(dir)
	l.Programs, l.Dir, l.Log = programs, dir, stderr
	if err := database.suits(l); err != nil {
		return usageError{err}
	}
	_, end, err := database.start(ctx, l, stderr)
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
		asks[urlVariable] = target.URL
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
		return fmt.Errorf("what asks in front of it who clients are: %w", err)
	}
}

// inFront starts the program that asks who clients are in front of the server that env names.
func inFront(ctx context.Context, l *subject.Launcher, finder *subject.Finder, env map[string]string) (*subject.Target, func() error, error) {
	found, err := finder.Find(ctx, []string{gateWorkload})
	if err != nil {
		return nil, nil, err
	}
	own := *l
	own.Flags = nil // of the other
	return own.Serve(ctx, found[0], subject.Variant{Model: plan.Baseline, Env: env})
}
