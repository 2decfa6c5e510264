package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"time"

	"forktax/bench/process"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Options are the program's request and environment, and the settings of the explanation.
type Options struct {
	subject.Spec               // one of its requests is sent; by default the workload's first
	Starts       int           // 0: 50, or as many as fit in 5 s
	Try          bool          // try the switches that can be set from outside
	Budget       time.Duration // time for each switch
	Seed         uint64        // seed of the order of trials; 0: choose one
}

// fewestStarts is the number of starts that a median needs; see stats.PercentileNeeds.
const fewestStarts = 6

// maxStarts is the largest accepted number of starts; more is a typing error.
const maxStarts = 1_000_000

// Validate returns an error for the first invalid option.
func (o Options) Validate() error {
	switch {
	case o.Starts != 0 && (o.Starts < fewestStarts || o.Starts > maxStarts):
		return subject.InvalidOption("starts", "%d: must be from %d to %d", o.Starts, fewestStarts, maxStarts)
	case o.Budget <= 0:
		return subject.InvalidOption("budget", "%v: must be greater than 0", o.Budget)
	case len(o.Requests) > 1:
		return subject.InvalidElement("request", 1, "%q: explain accepts one request only", o.Requests[1])
	}
	return o.Spec.Validate()
}

// Explain finds the program, prepares its data, and explains its start.
func (o Options) Explain(ctx context.Context, args []string, log io.Writer) (*Explanation, error) {
	defer AdoptOrphans()()
	path, workload, err := o.find(ctx, args, log)
	if err != nil {
		return nil, err
	}
	request, err := o.asked(workload)
	if err != nil {
		return nil, err
	}
	command := Command{Path: path, Args: args[1:], Dir: o.Dir, Body: request.Body,
		Env: Environment(o.Spec, request.Request, path, os.Getenv("PATH"))}
	if len(args) > 1 && o.Dir == "" { // arguments may name files in the current directory
		if command.Dir, err = os.Getwd(); err != nil {
			return nil, err
		}
	}
	variables, err := o.Variables()
	if err != nil {
		return nil, err
	}
	if workload != nil {
		env, remove, err := workload.PrepareTemp(ctx, "")
		if err != nil {
			return nil, err
		}
		defer remove()
		command = command.With(env...)
	}
	p := Explainer{
		Command:  command.With(process.Settings(variables)...),
		Request:  request,
		Varies:   o.AllowDifferent,
		Starts:   o.Starts,
		Try:      o.Try,
		Budget:   o.Budget,
		Seed:     cmp.Or(o.Seed, 1+rand.Uint64N(1_000_000)), // short, since it is printed to be typed again
		Progress: func(doing string) { fmt.Fprintln(log, doing) },
	}
	e, err := p.Explain(ctx)
	if errors.Is(err, syscall.ENOEXEC) {
		err = &subject.UsageError{Err: err}
	}
	return e, err
}

// find returns the path of the program that the arguments name. The workload is nil if the program does not implement
// the program contract.
func (o Options) find(ctx context.Context, args []string, log io.Writer) (string, *subject.Program, error) {
	path, workload, err := subject.NewFinder(log).Locate(ctx, args[0])
	var unknown *subject.UnknownError
	switch {
	case errors.As(err, &unknown) && unknown.Why == "" && isFile(unknown.Name):
		return "", nil, subject.Unusable("%q is not a program on PATH; it is a file of this directory: run chmod +x %[1]s and "+
			"write ./%[1]s", unknown.Name)
	case errors.As(err, &unknown) && unknown.Why == "":
		return "", nil, subject.Unusable("%q is neither a workload nor a program on PATH; for a program in this directory, "+
			"write ./%[1]s; workloads: %s", unknown.Name, strings.Join(unknown.Known, ", "))
	case errors.As(err, &unknown):
		return "", nil, subject.Unusable("%q %s", unknown.Name, unknown.Why)
	case err != nil || workload != nil || len(args) > 1:
		return path, workload, err
	}
	workload, err = subject.DescribedBy(ctx, path)
	return path, workload, err
}

// asked returns the request to send, with its expected response.
func (o Options) asked(workload *subject.Program) (subject.Asked, error) {
	var described []contract.Request
	if workload != nil {
		described = workload.Requests
	}
	asked, err := o.Ask(described, "")
	if err != nil {
		return subject.Asked{}, err
	}
	return asked[0], nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
