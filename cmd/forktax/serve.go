package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"forktax/bench/program"
)

func serveCommand(atOnce <-chan struct{}) *cobra.Command {
	var workload, model string
	l := program.Launcher{Exporter: ownPath(), AtOnce: atOnce}
	var database databaseOptions
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a workload by one model, to look at it",
		Long: `Serve prepares a workload's data in a temporary folder and serves it until Ctrl-C. It prints the line
"ready <url> <admin url>"; the admin URL has /metrics, /usage and /healthz.`,
		Example: `  forktax serve --model cgi --workload guestbook --addr 127.0.0.1:8080`,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), &l, database, workload, model, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&workload, "workload", "hello", "what to serve; see forktax list")
	c.Flags().StringVar(&model, "model", "persistent", "how")
	c.Flags().StringVar(&l.Addr, "addr", "127.0.0.1:0", "where; port 0 takes a free one")
	c.Flags().StringVar(&l.Admin, "admin", "127.0.0.1:0", "where the admin pages are")
	database.flags(c.Flags())
	return c
}

func serve(ctx context.Context, l *program.Launcher, database databaseOptions, workload, model string,
	stdout, stderr io.Writer) (err error) {
	if err := database.check(); err != nil {
		return usageError{err}
	}
	if w := wishFor(workload); w.request != "" {
		return usagef("--workload %q: serve takes a whole workload, such as %s, or the path of a program, such as ./%[1]s",
			workload, w.program)
	}
	programs, err := database.finder(stderr).Find(ctx, []string{workload})
	var unknown *program.UnknownError
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
	target, stop, err := l.Launch(ctx, model, p.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	fmt.Fprintf(stdout, "ready %s %s\n", target.URL, target.AdminURL)
	select {
	case <-ctx.Done(): // it was asked to end, which is how serving ends well
		return nil
	case err := <-target.Gone:
		return fmt.Errorf("%s as %s: %w", p.Name, model, err)
	}
}
