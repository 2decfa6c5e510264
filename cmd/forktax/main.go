// Forktax measures the per-request overhead of process-per-request servers (CGI) against long-running ones.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"forktax/bench/foreign"
	"forktax/bench/help"
	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// Exit statuses.
const (
	exitDone    = 0
	exitFailed  = 1 // could not measure
	exitUsage   = 2
	exitUnclear = 3 // inconclusive: the machine was too noisy, or the time too short
	exitVerdict = 4 // check: a regression; calibrate: a property failed
)

func main() {
	log.SetOutput(subject.NewClientLog(os.Stderr)) // the HTTP clients of net/http log here
	os.Exit(command(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// usagef returns a usage error.
func usagef(format string, args ...any) error { return subject.Unusable(format, args...) }

// Errors of commands that could measure, but did not pass.
var (
	errInconclusive  = errors.New("inconclusive")
	errUnconfirmed   = errors.New("unconfirmed")
	errRegression    = errors.New("regression")
	errNotCalibrated = errors.New("not calibrated")
)

func command(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, atOnce, done := process.UntilSignal(ctx, stderr)
	defer done()
	root := rootCommand(atOnce)
	root.SetArgs(args)
	root.SetIn(stdin)
	out := &outlet{Writer: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	err := out.with(root.ExecuteContext(ctx))
	if err != nil && !errors.Is(err, process.ErrInterrupted) && errors.Is(context.Cause(ctx), process.ErrInterrupted) {
		err = fmt.Errorf("%w: %w", process.ErrInterrupted, err) // the interruption is why it failed
	}
	if err != nil {
		text := fmt.Sprintf("forktax: %s\n", foreign.Text(record.ErrorText(err)))
		if errors.Is(err, process.ErrInterrupted) {
			process.PrintBriefly(stderr, text)
		} else {
			_, _ = io.WriteString(stderr, text)
		}
	}
	return exitStatus(err)
}

func exitStatus(err error) int {
	var usage *subject.UsageError
	var option *subject.OptionError
	var unwritten *record.WriteError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage), errors.As(err, &option):
		return exitUsage
	case errors.Is(err, process.ErrInterrupted):
		return process.ExitInterrupted
	case errors.As(err, &unwritten):
		return exitFailed
	case errors.Is(err, errInconclusive), errors.Is(err, errUnconfirmed):
		return exitUnclear
	case errors.Is(err, errRegression), errors.Is(err, errNotCalibrated):
		return exitVerdict
	default:
		return exitFailed
	}
}

// rootCommand returns the root command. The channel atOnce is closed when the command must end immediately.
func rootCommand(atOnce <-chan struct{}) *cobra.Command {
	root := &cobra.Command{
		Use:   "forktax",
		Short: "Measure the per-request overhead of process-per-request servers (CGI) against long-running ones",
		Long: `Forktax measures the per-request overhead of process-per-request servers (CGI) against long-running ones. It
starts the same program in several execution models, verifies that all send the same responses, drives them
with the same load, and reports response times, throughput and CPU time with confidence intervals.

  forktax run      compare execution models, or your own CGI program with your own server
  forktax check    guard the start-up cost of a program in CI
  forktax explain  find out what a start-up consists of`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(help.FlagError)
	root.SetUsageFunc(help.Usage)
	root.SetHelpFunc(help.Help)
	root.AddCommand(runCommand(atOnce), checkCommand(atOnce), calibrateCommand(atOnce), mergeCommand(), explainCommand(),
		doctorCommand(atOnce),
		reportCommand(), compareCommand(), liveCommand(atOnce), serveCommand(atOnce), listCommand(),
		metricsCommand(), directoryCommand(), truthCommand(),
		superviseCommand(), manCommand())
	for _, c := range root.Commands() {
		help.Complete(c)
		acceptFormerNames(c)
	}
	return root
}

// noArguments is like cobra.NoArgs, but returns usage errors.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasSubCommands() {
		var names []string
		for _, sub := range c.Commands() {
			if !sub.Hidden {
				names = append(names, sub.Name())
			}
		}
		if near := help.Nearest(args[0], names); near != "" {
			return usagef("unknown command %q; did you mean %s?", args[0], near)
		}
		return usagef("unknown command %q; the commands are %s", args[0], strings.Join(names, ", "))
	}
	if len(args) == 2 && c.Flags().Lookup("candidate") != nil {
		return usagef("%s takes no arguments; did you mean --base %s --candidate %s?", c.CommandPath(),
			subject.ShellWord(args[0]), subject.ShellWord(args[1]))
	}
	return usagef("%s takes no argument, and got %q; see %s --help", c.CommandPath(), args[0], c.CommandPath())
}
