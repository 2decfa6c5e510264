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

// Main is the main function of a workload program. It does not return.
func Main(w Workload) {
	if r, m, ok := find(func(r row) bool { return r.IsChild != nil && r.IsChild() }); ok {
		os.Exit(child(w, r, m))
	}
	// Until the process is gone: a harness closes the input and sends a signal, and the second must not meet a program
	// that the first is about to end well.
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	os.Exit(Run(ctx, w, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func child(w Workload, r row, m contract.Model) int {
	if err := r.Child(context.Background(), w.program(m)); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", w.Name, err)
		return exitFailed
	}
	return exitOK
}

// errUsage marks what the caller did wrong; flag has already said it.
var errUsage = errors.New("wrong usage")

type command struct {
	name, about string
	run         func(ctx context.Context, w Workload, args []string, stdin io.Reader, stdout, stderr io.Writer) error
}

var commands = []command{
	{"describe", "print what the program serves, as JSON", describe},
	{"prepare", "make the data that it needs in -dir", prepare},
	{"serve", "serve it by -model until SIGTERM", serve},
}

// Run executes one command of a workload program: args are what follows its name. It returns the exit status: 0 when it
// did what was asked, 1 when that failed, and 2 for wrong usage; why stands on stderr. Serving ends when ctx does, or
// when stdin, which may be nil, has no more to read. Some models execute this process's own file: a program that calls
// Run and not Main must leave it to Main when cgi.IsChild reports true.
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
	fmt.Fprintf(to, "\nmodels: %s; -h after a command lists its flags\n", strings.Join(w.models(), ", "))
}

// parse reads a command's flags, and takes nothing after them.
func parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return fmt.Errorf("%w", errUsage)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: unexpected %q", errUsage, flags.Arg(0))
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
	dir := flags.String("dir", "", "folder for the data; made if it is missing")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if *dir == "" {
		return fmt.Errorf("%w: -dir is missing: name a folder for the data", errUsage)
	}
	absolute, err := filepath.Abs(*dir) // what is printed must hold wherever the program serves
	if err != nil {
		return err
	}
	if err := os.MkdirAll(absolute, 0o755); err != nil {
		return fmt.Errorf("making the folder for the data: %w", err)
	}
	env := map[string]string{}
	if w.Prepare != nil {
		if env, err = w.Prepare(ctx, absolute); err != nil {
			return err
		}
	}
	return json.NewEncoder(stdout).Encode(env)
}
