//go:build !wasip1

package workload

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"forktax/workload/contract"
)

// Exit statuses of a workload program.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// IsChild reports whether a host of this package has started this process, to serve one request or several.
func IsChild() bool {
	_, is := childRow()
	return is
}

// Main runs a workload program with the arguments, the standard streams and the environment of this process, and exits
// with the status of [Run]. In a CGI child it serves the request of that instead. It does not return.
func Main(w Workload) {
	if r, ok := childRow(); ok {
		os.Exit(runChild(w, r))
	}
	// The signals are handled until the process exits: a harness closes standard input and then sends a signal, which must
	// not kill a program that is already shutting down.
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	os.Exit(Run(ctx, w, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func runChild(w Workload, r row) int {
	if err := r.Child(context.Background(), w.program(contract.Model{Name: r.model})); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", w.Name, err)
		return exitFailed
	}
	return exitOK
}

// errUsage marks invalid arguments. Package flag has already printed the details of invalid flags.
var errUsage = errors.New("wrong usage")

type command struct {
	name, about string
	run         func(ctx context.Context, w Workload, args []string, stdin io.Reader, stdout, stderr io.Writer) error
}

var commands = []command{
	{"describe", "print the description of the program as JSON", describe},
	{"prepare", "create the data of the program in -dir", prepare},
	{"serve", "serve under -model until SIGTERM", serve},
}

// Run executes a command of a workload program; args are the arguments without the program name. It returns the exit
// status: 0 for success, 1 for a failure, and 2 for invalid arguments. Errors are written to stderr.
//
// The command serve ends when ctx ends, or when stdin, which may be nil, reaches its end. Some models execute the
// program of this process: a program that calls Run instead of [Main] must call Main if [IsChild] reports true.
func Run(ctx context.Context, w Workload, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	i := -1
	if len(args) > 0 {
		i = slices.IndexFunc(commands, func(c command) bool { return c.name == args[0] })
	}
	if i < 0 {
		usage(w, stderr)
		return exitUsage
	}
	switch err := commands[i].run(ctx, w, args[1:], stdin, stdout, stderr); {
	case err == nil:
		return exitOK
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "%s %s: %v\n", w.Name, args[0], err)
		return exitUsage
	default:
		fmt.Fprintf(stderr, "%s %s: %v\n", w.Name, args[0], err)
		return exitFailed
	}
}

func usage(w Workload, to io.Writer) {
	program := filepath.Base(os.Args[0])
	fmt.Fprintf(to, "%s: a workload program for forktax\n\n", w.Name)
	for _, c := range commands {
		fmt.Fprintf(to, "  %s %-9s %s\n", program, c.name, c.about)
	}
	fmt.Fprintf(to, "\nmodels: %s; for the flags of a command: COMMAND -h\n", strings.Join(w.models(), ", "))
}

// parse parses the flags of a command and refuses further arguments.
func parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w", errUsage)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, flags.Arg(0))
	}
	return nil
}

func describe(_ context.Context, w Workload, args []string, _ io.Reader, stdout, stderr io.Writer) error {
	if err := parse(flag.NewFlagSet("describe", flag.ContinueOnError), args, stderr); err != nil {
		return err
	}
	out := json.NewEncoder(stdout)
	out.SetIndent("", "  ")
	return out.Encode(contract.Description{
		Contract: contract.Version,
		Name:     w.Name,
		About:    w.About,
		Models:   w.models(),
		Database: w.Database,
		Requests: w.Requests,
	})
}

func prepare(ctx context.Context, w Workload, args []string, _ io.Reader, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("prepare", flag.ContinueOnError)
	dir := flags.String("dir", "", "directory for the data; created if it does not exist")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if *dir == "" {
		return fmt.Errorf("%w: -dir is missing: want a directory for the data", errUsage)
	}
	absolute, err := filepath.Abs(*dir) // the program may serve in another working directory
	if err != nil {
		return err
	}
	if err := os.MkdirAll(absolute, 0o755); err != nil {
		return fmt.Errorf("creating the directory for the data: %w", err)
	}
	env := map[string]string{}
	if w.Prepare != nil {
		if env, err = w.Prepare(ctx, absolute); err != nil {
			return err
		}
	}
	return json.NewEncoder(stdout).Encode(env)
}
