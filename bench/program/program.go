package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"forktax/bench"
)

// A Program is a file that keeps the program contract.
type Program struct {
	Path string // absolute
	bench.Description
}

// Describe asks the file at path what it serves.
func Describe(ctx context.Context, path string) (Program, error) {
	out, err := output(ctx, path, "describe")
	if err != nil {
		return Program{}, err
	}
	p := Program{Path: path}
	if err := json.Unmarshal(out, &p.Description); err != nil {
		return Program{}, fmt.Errorf("%s describe: not the JSON of the program contract: %w", path, err)
	}
	if err := p.valid(); err != nil {
		return Program{}, fmt.Errorf("%s describe: %w", path, err)
	}
	return p, nil
}

func (p Program) valid() error {
	switch {
	case p.Contract != bench.Contract:
		return fmt.Errorf("contract %d is unknown; this forktax speaks %d", p.Contract, bench.Contract)
	case p.Name == "":
		return errors.New("it has no name")
	case len(p.Requests) == 0:
		return errors.New("it has no requests")
	}
	seen := map[string]bool{}
	for i, r := range p.Requests {
		if r.Name == "" || r.Method == "" || !strings.HasPrefix(r.Path, "/") {
			return fmt.Errorf("request %d (%q): it needs a name, a method, and a path that begins with /", i, r.Name)
		}
		if seen[r.Name] {
			return fmt.Errorf("two requests are called %q", r.Name)
		}
		seen[r.Name] = true
	}
	return nil
}

// Prepare has the program make its data in dir and returns the environment to serve with.
func (p Program) Prepare(ctx context.Context, dir string) (map[string]string, error) {
	out, err := output(ctx, p.Path, "prepare", "-dir", dir)
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, fmt.Errorf("%s prepare: not a JSON object of environment variables: %w", p.Path, err)
	}
	return env, nil
}

// Knows says whether the program has the model.
func (p Program) Knows(model string) bool { return slices.Contains(p.Models, model) }

// output runs the program and returns what it printed, or an error with what it complained of.
func output(ctx context.Context, path string, args ...string) ([]byte, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = ownEnvironment()
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &complaint, outputLimit
	apart(cmd)
	if err := cmd.Run(); err != nil {
		if cmd.Process != nil {
			kill(cmd) // what it started may go on without it
		}
		err = fmt.Errorf("%s %s: %w", path, args[0], err)
		if text := strings.TrimSpace(complaint.String()); text != "" {
			err = fmt.Errorf("%w: %s", err, text)
		}
		return nil, err
	}
	return out.Bytes(), nil
}

// ownEnvironment is this process's, without what would make a program take itself for a CGI child.
func ownEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "GATEWAY_INTERFACE=") })
}
