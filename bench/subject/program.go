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

// Limits on what is asked of a program before it serves. A program that takes the word describe for something else, as
// a server or a shell would, must not hold up the run for ever.
const (
	describeLimit = 10 * time.Second // a child of any language starts within a second
	prepareLimit  = 5 * time.Minute  // it may have to make a database of some size
)

// A Program is a file that keeps the program contract.
type Program struct {
	Path string // absolute
	contract.Description
}

// Describe asks the file at path what it serves. It runs in its own folder, as a CGI program does: one that does not
// know the question may take it for a request, and leave files.
func Describe(ctx context.Context, path string) (Program, error) {
	out, err := runProgram(ctx, describeLimit, path, filepath.Dir(path), nil, "describe")
	if err != nil {
		return Program{}, err
	}
	p := Program{Path: path}
	if err := foreign.UnmarshalJSON(out, &p.Description); err != nil {
		return Program{}, fmt.Errorf("%s describe: not the JSON of the program contract: %w", path, err)
	}
	if err := p.validate(); err != nil {
		return Program{}, fmt.Errorf("%s describe: %w", path, err)
	}
	return p, nil
}

func (p Program) validate() error {
	if p.Contract != contract.Version {
		return fmt.Errorf("contract %d is unknown; this forktax speaks %d", p.Contract, contract.Version)
	}
	if err := checkName("it", p.Name); err != nil {
		return err
	}
	for i, model := range p.Models {
		if err := checkName(fmt.Sprintf("model %d", i), model); err != nil {
			return err
		}
	}
	if len(p.Requests) == 0 {
		return errors.New("it has no requests")
	}
	seen := map[string]bool{}
	for i, r := range p.Requests {
		if err := checkName(fmt.Sprintf("request %d", i), r.Name); err != nil {
			return err
		}
		if r.Method == "" || !strings.HasPrefix(r.Path, "/") {
			return fmt.Errorf("request %d (%q): it needs a method, and a path that begins with /", i, r.Name)
		}
		if seen[r.Name] {
			return fmt.Errorf("two requests are called %q", r.Name)
		}
		seen[r.Name] = true
	}
	return nil
}

// checkName returns what is wrong with a name. Programs and models give folders their names, and --workload has a
// program and a request on the two sides of a slash.
func checkName(whose, name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return fmt.Errorf("%s has no name", whose)
	case strings.Contains(name, "/"):
		return fmt.Errorf("%s has the name %q: one without a / is needed", whose, name)
	}
	return nil
}

// Prepare has the program make its data in dir, or in the database server at the URL if that is not "", and returns the
// environment to serve with.
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
		return nil, fmt.Errorf("%s prepare: not a JSON object of environment variables: %w", p.Path, err)
	}
	return env, nil
}

// PrepareTemp is Prepare in a temporary directory. It returns the environment as NAME=VALUE, and what removes the data.
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
func (p Program) HasModel(model string) bool { return slices.Contains(p.Models, model) }

// runProgram runs the program in the folder dir, or in ours, with vars in its environment, and returns what it printed,
// or an error with what it complained of last.
func runProgram(ctx context.Context, limit time.Duration, path, dir string, vars []string, args ...string) ([]byte, error) {
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.Env = append(environ(), vars...)
	out, err := process.Output(ctx, limit, cmd)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w%s", path, args[0], err, Failure{Path: path, Err: err}.Suffix())
	}
	return out, nil
}

// environ is this process's environment, without what would make a program take itself for a CGI child.
func environ() []string { return process.Environment("GATEWAY_INTERFACE") }
