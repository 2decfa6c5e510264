package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"forktax/bench/explain"
	"forktax/bench/report"
	"forktax/bench/subject"
)

func explainCommand() *cobra.Command {
	var o explain.Options
	var format, path, method string
	c := &cobra.Command{
		Use:   "explain PROGRAM [ARGS…]",
		Short: "Show what the startup of a CGI program consists of, and what would make it faster",
		Long: `Explain starts a CGI program repeatedly, as a server would. It reports what happens between exec and
the first byte, the cost of each part, and what would remove it. With --try it also measures what external
switches save.

PROGRAM is the path of a program, the name of a program on PATH, or a workload of forktax list. Explain runs
"PROGRAM describe" once to find out whether it is a workload program; such a program prepares its data first. With
strace installed, explain also shows which files the program opens and executes, and where it connects to.`,
		Example: `  forktax explain ./cgi-bin/page.py
  forktax explain --request '/search?q=cgi' --env HTTP_ACCEPT=text/html ./search.cgi
  forktax explain guestbook --request page --try
  forktax explain -- python3 -X utf8 page.py`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("explain needs a program: its path, or a name of forktax list")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			print, err := formatNamed(format, report.Explanations)
			if err != nil {
				return err
			}
			if err := formerRequest(c, &o.Spec, path, method); err != nil {
				return err
			}
			if err := o.Validate(); err != nil {
				return err
			}
			e, err := o.Explain(c.Context(), args, c.ErrOrStderr())
			if err != nil && e == nil {
				return err
			}
			return errors.Join(print(c.OutOrStdout(), e), cmp.Or(err, unexplained(e)))
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
	programFlags(&o.Spec, f)
	requestFlags(&o.Spec, f)
	responseFlags(&o.Spec, f)
	f.StringVar(&path, "path", "", "former name of --request")
	f.StringVar(&method, "method", "", "method of --path; now part of --request")
	f.MarkHidden("path")
	f.MarkHidden("method")
	f.IntVar(&o.Starts, "starts", 0, "number of measured starts (0: 50, or as many as fit into 5s)")
	f.BoolVar(&o.Try, "try", false, "measure how much each external switch saves")
	f.DurationVar(&o.Budget, "budget", explain.DefaultBudget, "time for each switch of --try")
	f.Uint64Var(&o.Seed, "seed", 0, "random seed (0: choose one)")
	formatFlag(f, &format, report.Explanations)
	return c
}

// unexplained returns an error if responses were wrong, or if a switch could not be judged within its budget.
func unexplained(e *explain.Explanation) error {
	if e.Failure != "" {
		return fmt.Errorf("%s: %s", e.Program[0], e.Failure)
	}
	for _, t := range e.Trials {
		if t.Verdict == explain.TooFewSeen {
			return fmt.Errorf("%w: too few pairs of blocks for %s (%d); increase --budget",
				errInconclusive, t.Name, t.Pairs)
		}
	}
	return nil
}

// formerRequest sets the request given by the flags --path and --method, which --request replaces.
func formerRequest(c *cobra.Command, s *subject.Spec, path, method string) error {
	if path == "" && method == "" {
		return nil
	}
	if len(s.Requests) > 0 {
		return subject.InvalidOption("request", "replaces --path and --method: leave them out")
	}
	for _, former := range []struct{ flag, value string }{{"path", path}, {"method", method}} {
		if former.value != "" {
			reportRename(c, "--", former.flag, "request")
		}
	}
	if method == "" && s.Body == "" && s.BodyFile == "" {
		method = "GET"
	}
	s.Requests = []string{strings.TrimSpace(method + " " + cmp.Or(path, "/"))}
	return nil
}
