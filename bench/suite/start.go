package suite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"forktax/bench/machine"
	"forktax/bench/process"
	"forktax/bench/scenario"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A start is a function that starts a contender. It returns the target and a function that stops it.
type start = func(ctx context.Context, l *subject.Launcher) (*subject.Target, func() error, error)

// setCGI makes external a CGI program under our host, which executes it for each request.
func (p *preparation) setCGI(external *subject.External, c scenario.Contender, g *group) error {
	path, dir := p.expand(g, c.CGI), p.here
	if strings.ContainsRune(path, filepath.Separator) {
		path = p.path(g, path)
		dir = filepath.Dir(path)
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("the CGI program: %w", err)
		}
	} else if found, err := process.Find(path, c.Packages); err == nil {
		path = found
	} else if beside := p.path(g, "./"+path); isFile(beside) {
		return fmt.Errorf("no program %s is in PATH; for the file beside the suite, write ./%[1]s", path)
	} else {
		return err
	}
	hosted := subject.Spec{Root: c.Root, Dir: dir, Env: process.Settings(p.variables(c, g))}
	env, err := hosted.Hosted(path)
	if err != nil {
		return err
	}
	var args []string
	for _, arg := range c.Args {
		args = append(args, p.expand(g, arg))
	}
	env[contract.EnvScriptArgs] = strings.Join(args, "\n")
	root := env[contract.EnvScriptRoot]
	if err := machine.NormalizePageCache(path); err != nil {
		return err
	}
	host, v := p.host, subject.Variant{Model: c.ForktaxModel(), Env: env, Limits: c.Limits}
	external.Start = func(ctx context.Context, l *subject.Launcher) (*subject.Target, func() error, error) {
		t, stop, err := l.Serve(ctx, host, v)
		if err == nil {
			t.URL += root
		}
		return t, stop, err
	}
	return nil
}

// setModule makes external a WebAssembly module, served by the program for modules.
func (p *preparation) setModule(external *subject.External, c scenario.Contender, g *group) error {
	path := p.path(g, c.Module)
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("the WebAssembly module: %w", err)
	}
	env := p.variables(c, g)
	env[contract.EnvModuleEnv] = strings.Join(slices.Sorted(maps.Keys(env)), ",")
	env[contract.EnvModule] = path
	host, v := p.programs[subject.ModuleWorkload], subject.Variant{Model: c.ForktaxModel(), Env: env, Limits: c.Limits}
	external.Start = func(ctx context.Context, l *subject.Launcher) (*subject.Target, func() error, error) {
		return l.Serve(ctx, host, v)
	}
	return nil
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// startWeb returns the start of a contender under a third-party web server.
func (p *preparation) startWeb(c scenario.Contender, g *group) (start, error) {
	app := servers.App{Copied: machine.NormalizePageCache,
		Recycling: servers.Recycling{Requests: c.Recycle, Manager: c.Manager},
		Root:      strings.TrimRight(c.Root, "/"), Env: p.variables(c, g)}
	if c.File != "" {
		app.File = p.path(g, c.File)
	}
	if c.Command != "" {
		app.Command, app.CommandDir = p.expandCommand(g, c.Command), p.here
	}
	for _, file := range c.Files {
		app.ExtraFiles = append(app.ExtraFiles, p.path(g, file))
	}
	for _, file := range append([]string{app.File}, app.ExtraFiles...) {
		if file == "" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("the file for %s: %w", c.Server, err)
		}
	}
	of := g.program
	return func(ctx context.Context, l *subject.Launcher) (*subject.Target, func() error, error) {
		app := app
		app.StartFunc = l.StartFunc
		var env map[string]string
		if of.Database != "" {
			app.Prepare = func(ctx context.Context, dir string) (_ map[string]string, err error) {
				env, err = of.Prepare(ctx, dir, "")
				return env, err
			}
		}
		w, err := servers.StartWeb(ctx, c.Server, app)
		if err != nil {
			return nil, nil, err
		}
		t := &subject.Target{URL: w.URL, External: true, Ready: w.Ready, UsageFunc: w.Usage,
			Gone: w.Gone()}
		if of.Database == "" {
			return t, w.Stop, nil
		}
		// The Go program keeps the same data open, as for its own children, but gets no requests. Otherwise SQLite would
		// write back and delete its log whenever the only running child ends.
		_, release, err := l.Serve(ctx, of, subject.Variant{Model: subject.ScriptModel, Env: env})
		if err != nil {
			return nil, nil, errors.Join(err, w.Stop())
		}
		return t, func() error { return errors.Join(release(), w.Stop()) }, nil
	}, nil
}
