package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"forktax/bench/explain"
	"forktax/bench/plan"
	"forktax/bench/report"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// explainOptions are what the command line says of an explanation.
type explainOptions struct {
	path, method, body, dir, request string
	env                              []string
	starts                           int
	try                              bool
	budget                           time.Duration
	seed                             uint64
	format                           string
}

func explainCommand() *cobra.Command {
	var o explainOptions
	c := &cobra.Command{
		Use:   "explain PROGRAM [ARGS…]",
		Short: "Say what the start of a CGI program is made of, and what would make it faster",
		Long: `Explain starts any CGI program as a server would, over and over, and says what happens between exec and
the first byte, what each part costs, and what would remove it. With --try it also switches on and off what can be
switched from outside, and says what that saves.

PROGRAM is the path of a program, the name of one on PATH, or a workload of forktax list. It is asked once, by
"PROGRAM describe", whether it keeps the program contract; one that does prepares its data first. What it opens,
executes and connects to is known where strace is installed.`,
		Example: `  forktax explain ./cgi-bin/page.py
  forktax explain --path '/search?q=cgi' --env HTTP_ACCEPT=text/html ./search.cgi
  forktax explain guestbook --request page --try
  forktax explain -- python3 -X utf8 page.py`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("explain needs a program: the path of one, or a name of forktax list")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			print, err := formatNamed(o.format, report.Explanations)
			if err != nil {
				return err
			}
			if err := o.check(); err != nil {
				return err
			}
			e, err := o.explain(c.Context(), args, c.ErrOrStderr())
			if err != nil {
				return err
			}
			return errors.Join(print(c.OutOrStdout(), e), undecided(e))
		},
	}
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		var unknown *pflag.NotExistError
		if errors.As(err, &unknown) {
			err = fmt.Errorf("%w; put -- before a program whose arguments begin with -", err)
		}
		return c.Root().FlagErrorFunc()(c, err)
	})
	f := c.Flags()
	f.StringVar(&o.path, "path", "", "of the request, with its query; by default / or that of the workload's request")
	f.StringVar(&o.method, "method", "", "of the request; by default GET, or POST if there is a body")
	f.StringVar(&o.body, "body", "", "of the request")
	f.StringArrayVar(&o.env, "env", nil, "a variable for the program, as NAME=VALUE; may be given several times")
	f.StringVar(&o.dir, "dir", "", "its working directory; by default its folder or, if it has arguments, the current one")
	f.StringVar(&o.request, "request", "", "which of a workload's requests; by default its first")
	f.IntVar(&o.starts, "starts", 0, "how often it is started to be measured; 0 means 50 times, or as often as 5s allow")
	f.BoolVar(&o.try, "try", false, "try what can be switched from outside, and say what it saves")
	f.DurationVar(&o.budget, "budget", explain.DefaultBudget, "how long each switch is tried")
	f.Uint64Var(&o.seed, "seed", 0, "of the order of trials; 0 draws one")
	formatFlag(f, &o.format, report.Explanations)
	return c
}

// fewestStarts is how many a median needs; see stats.PercentileNeeds.
const fewestStarts = 6

func (o explainOptions) check() error {
	malformed := func(setting string) bool { return strings.IndexByte(setting, '=') < 1 }
	switch {
	case o.starts != 0 && (o.starts < fewestStarts || o.starts > plan.MaxRounds):
		return subject.InvalidOption("starts", "%d: a number from %d to %d is needed", o.starts, fewestStarts, plan.MaxRounds)
	case o.budget <= 0:
		return subject.InvalidOption("budget", "%v: a time above 0 is needed", o.budget)
	case slices.ContainsFunc(o.env, malformed):
		return subject.InvalidOption("env", "%q: variables are needed as NAME=VALUE", o.env)
	case o.path != "" && !strings.HasPrefix(o.path, "/"):
		return subject.InvalidOption("path", "%q: a path that begins with / is needed", o.path)
	case strings.ContainsAny(o.method, " \t\r\n="):
		return subject.InvalidOption("method", "%q: a name such as POST is needed", o.method)
	}
	if o.dir != "" {
		if info, err := os.Stat(o.dir); err != nil || !info.IsDir() {
			return subject.InvalidOption("dir", "%q is no folder", o.dir)
		}
	}
	return nil
}

// explain finds the program, has it prepare what it needs, and explains it.
func (o explainOptions) explain(ctx context.Context, args []string, stderr io.Writer) (*explain.Explanation, error) {
	defer explain.Adopt()()
	path, workload, err := o.find(ctx, args, stderr)
	if err != nil {
		return nil, err
	}
	request, err := o.asked(workload)
	if err != nil {
		return nil, err
	}
	command := explain.Command{Path: path, Args: args[1:], Dir: o.dir, Body: request.Body,
		Env: explain.Environment(request, path, os.Getenv("PATH"))}
	if len(args) > 1 && o.dir == "" { // which may name files
		if command.Dir, err = os.Getwd(); err != nil {
			return nil, err
		}
	}
	if workload != nil {
		dir, err := os.MkdirTemp("", "forktax-")
		if err != nil {
			return nil, fmt.Errorf("making a folder for data: %w", err)
		}
		defer os.RemoveAll(dir)
		env, err := workload.Prepare(ctx, filepath.Join(dir, "data"), "")
		if err != nil {
			return nil, err
		}
		for name, value := range env {
			command = command.With(name + "=" + value)
		}
	}
	p := explain.Plan{
		Command:  command.With(o.env...),
		Request:  request,
		Starts:   o.starts,
		Try:      o.try,
		Budget:   o.budget,
		Seed:     cmp.Or(o.seed, 1+rand.Uint64N(1_000_000)), // few digits, for it is printed to be typed again
		Progress: func(doing string) { fmt.Fprintln(stderr, doing) },
	}
	e, err := p.Explain(ctx)
	if errors.Is(err, syscall.ENOEXEC) {
		err = &subject.UsageError{Err: err}
	}
	return e, err
}

// find finds the program that the arguments name. The workload is nil if it does not keep the contract.
func (o explainOptions) find(ctx context.Context, args []string, stderr io.Writer) (string, *subject.Program, error) {
	path, workload, err := subject.NewFinder(stderr).Locate(ctx, args[0])
	var unknown *subject.UnknownError
	switch {
	case errors.As(err, &unknown) && unknown.Why == "":
		return "", nil, usagef("no workload and no program on PATH is called %q; a program in this directory is named as "+
			"./%[1]s; workloads: %s", unknown.Name, strings.Join(unknown.Known, ", "))
	case errors.As(err, &unknown):
		return "", nil, usagef("%q %s", unknown.Name, unknown.Why)
	case err != nil || workload != nil || len(args) > 1:
		return path, workload, err
	}
	workload, err = subject.DescribedBy(ctx, path)
	return path, workload, err
}

// asked is the request that the flags, over the workload's own, describe.
func (o explainOptions) asked(workload *subject.Program) (contract.Request, error) {
	r := contract.Request{Path: "/"}
	switch {
	case workload == nil && o.request != "":
		return r, usagef("--request %q is for programs that describe their requests; give --path, --method and --body",
			o.request)
	case workload != nil:
		i := 0
		if o.request != "" {
			i = slices.IndexFunc(workload.Requests, func(r contract.Request) bool { return r.Name == o.request })
		}
		if i < 0 {
			var names []string
			for _, r := range workload.Requests {
				names = append(names, r.Name)
			}
			return r, usagef("--request %q is unknown to %s; it has %s", o.request, workload.Name, strings.Join(names, ", "))
		}
		r = workload.Requests[i]
	}
	r.Path, r.Body = cmp.Or(o.path, r.Path), cmp.Or(o.body, r.Body)
	r.Method = cmp.Or(o.method, r.Method, "GET")
	if o.body != "" && o.method == "" {
		r.Method = "POST"
	}
	return r, nil
}

// undecided is an error if a switch could not be judged in the time that it had.
func undecided(e *explain.Explanation) error {
	for _, t := range e.Trials {
		if t.Verdict == explain.TooFewSeen {
			return fmt.Errorf("%w: %s was tried in %d pairs of blocks, which are too few; give a longer --budget",
				errInconclusive, t.Name, t.Pairs)
		}
	}
	return nil
}
