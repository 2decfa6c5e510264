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
		Short: "Say what the start of a CGI program is made of, and what would make it faster",
		Long: `Explain starts any CGI program as a server would, over and over, and says what happens between exec and
the first byte, what each part costs, and what would remove it. With --try it also switches on and off what can be
switched from outside, and says what that saves.

PROGRAM is the path of a program, the name of one on PATH, or a workload of forktax list. It is asked once, by
"PROGRAM describe", whether it keeps the program contract; one that does prepares its data first. What it opens,
executes and connects to is known where strace is installed.`,
		Example: `  forktax explain ./cgi-bin/page.py
  forktax explain --request '/search?q=cgi' --env HTTP_ACCEPT=text/html ./search.cgi
  forktax explain guestbook --request page --try
  forktax explain -- python3 -X utf8 page.py`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("explain needs a program: the path of one, or a name of forktax list")
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
			if err != nil {
				return err
			}
			return errors.Join(print(c.OutOrStdout(), e), unexplained(e))
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
	f.StringVar(&path, "path", "", "the former name of --request")
	f.StringVar(&method, "method", "", "the former way to give the method of --request")
	f.MarkHidden("path")
	f.MarkHidden("method")
	f.IntVar(&o.Starts, "starts", 0, "number of measured starts (0: 50, or as many as fit into 5s)")
	f.BoolVar(&o.Try, "try", false, "measure how much each external switch saves")
	f.DurationVar(&o.Budget, "budget", explain.DefaultBudget, "time for each switch of --try")
	f.Uint64Var(&o.Seed, "seed", 0, "random seed (0: choose one)")
	formatFlag(f, &format, report.Explanations)
	return c
}

// unexplained is an error if responses were wrong, or if a switch could not be judged in the time that it had.
func unexplained(e *explain.Explanation) error {
	if e.Failure != "" {
		return fmt.Errorf("%s: %s", e.Program[0], e.Failure)
	}
	for _, t := range e.Trials {
		if t.Verdict == explain.TooFewSeen {
			return fmt.Errorf("%w: %s was tried in %d pairs of blocks, which are too few; give a longer --budget",
				errInconclusive, t.Name, t.Pairs)
		}
	}
	return nil
}

// formerRequest takes the request from the flags --path and --method, which --request replaces.
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
