package subject

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"forktax/bench/foreign"
	"forktax/bench/process"
	"forktax/workload/contract"
)

// Limits of the commands that a program runs before it serves. A program that interprets the word describe as something
// else, as a server or a shell would, must not block the run.
const (
	describeLimit = 10 * time.Second // a program in any language starts within a second
	prepareLimit  = 5 * time.Minute  // the program may have to fill a database
)

// A Program is a file that keeps the program contract.
type Program struct {
	Path string // absolute
	contract.Description
}

// Describe runs describe of the program at path and returns the result. The program runs in its own directory, as a CGI
// program does: a program without the command may treat it as a request, and leave files.
func Describe(ctx context.Context, path string) (Program, error) {
	out, err := runProgram(ctx, describeLimit, path, filepath.Dir(path), nil, "describe")
	if err != nil {
		return Program{}, &noContractError{err}
	}
	p := Program{Path: path}
	if err := foreign.UnmarshalJSON(out, &p.Description); err != nil {
		return Program{}, &noContractError{fmt.Errorf("%s describe: the output is not the JSON of the program contract: %w",
			path, err)}
	}
	if err := p.validate(); err != nil {
		return Program{}, fmt.Errorf("%s describe: %w", path, err)
	}
	return p, nil
}

// A noContractError is returned by Describe for a program that does not know the command describe.
type noContractError struct{ error }

func (e *noContractError) Unwrap() error { return e.error }

func (p Program) validate() error {
	if p.Contract != contract.Version {
		return fmt.Errorf("contract version %d is not supported: this forktax supports version %d", p.Contract,
			contract.Version)
	}
	if err := checkName("the program", p.Name); err != nil {
		return err
	}
	for i, model := range p.Models {
		if err := checkName(fmt.Sprintf("model %d", i), model); err != nil {
			return err
		}
	}
	if len(p.Requests) == 0 {
		return errors.New("requests: must have at least one")
	}
	seen := map[string]bool{}
	for i, r := range p.Requests {
		if err := checkName(fmt.Sprintf("request %d", i), r.Name); err != nil {
			return err
		}
		if r.Method == "" || !strings.HasPrefix(r.Path, "/") {
			return fmt.Errorf("request %d (%q): must have a method, and a path that begins with /", i, r.Name)
		}
		if seen[r.Name] {
			return fmt.Errorf("request %d: duplicate name %q", i, r.Name)
		}
		seen[r.Name] = true
	}
	return nil
}

// checkName returns an error if a name is invalid. Directories are named for programs and models, and --workload has a
// slash between a program and a request.
func checkName(whose, name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return fmt.Errorf("%s has no name", whose)
	case strings.Contains(name, "/"):
		return fmt.Errorf("%s has the name %q: must not contain /", whose, name)
	}
	return nil
}

// Prepare runs prepare of the program, which makes its data in dir, or in the database server at url unless that is "".
// It returns the environment to serve with.
func (p Program) Prepare(ctx context.Context, dir, url string) (map[string]string, error) {
	var vars []string
	if url != "" {
		vars = append(vars, contract.EnvDatabase+"="+url)
	}
	out, err := runProgram(ctx, prepareLimit, p.Path, "", vars, "prepare", "-dir", dir)
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	if err := foreign.UnmarshalJSON(out, &env); err != nil {
		return nil, fmt.Errorf("%s prepare: the output is not a JSON object of environment variables: %w", p.Path, err)
	}
	return env, nil
}

// PrepareTemp is like Prepare in a temporary directory. It returns the environment as NAME=VALUE, and a function that
// removes the data.
func (p Program) PrepareTemp(ctx context.Context, url string) (env []string, remove func() error, err error) {
	dir, remove, err := process.TempDir("data")
	if err != nil {
		return nil, nil, err
	}
	vars, err := p.Prepare(ctx, filepath.Join(dir, "data"), url)
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return process.Settings(vars), remove, nil
}

// HasModel reports whether the program has the model.
func (p Program) HasModel(model string) bool {
	if contract.FamilyOf(model) == model {
		return slices.Contains(p.Models, model) && !contract.Model{Name: model}.IsFamily()
	}
	_, ok := contract.ModelNamed(model)
	return ok && slices.Contains(p.Models, contract.FamilyOf(model))
}

// runProgram runs the program in dir (the current directory if dir is ""), with vars added to its environment. It
// returns the standard output, or an error with the end of the standard error.
func runProgram(ctx context.Context, limit time.Duration, path, dir string, vars []string, args ...string) ([]byte,
	error) {
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.Env = append(environ(), vars...)
	out, err := process.Output(ctx, limit, cmd)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w%s", path, args[0], err, Failure{Path: path, Err: err}.Suffix())
	}
	return out, nil
}

// environ returns this process's environment without the variable by which a program detects that it is a CGI child.
func environ() []string { return process.Environment("GATEWAY_INTERFACE") }
