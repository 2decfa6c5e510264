package suite

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"

	"forktax/bench/machine"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A start is a function that starts a contender. It returns the target and a function that stops it.
type start = func(ctx context.Context, l *subject.Launcher) (*subject.Target, func() error, error)

// startHosted returns the start of a contender under our CGI host, which executes the file for each request.
func (p *preparation) startHosted(c contender, file string) (start, error) {
	env := map[string]string{contract.EnvScriptPath: file, contract.EnvScriptDir: filepath.Dir(file)}
	if c.interpreter != "" {
		interpreter, err := exec.LookPath(c.interpreter)
		if err != nil {
			return nil, err
		}
		// php-cgi executes SCRIPT_FILENAME. It refuses to run unless REDIRECT_STATUS shows that a server checked the path.
		env[contract.EnvScriptPath] = interpreter
		env[contract.EnvScriptEnv] = "SCRIPT_FILENAME,REDIRECT_STATUS"
		env["SCRIPT_FILENAME"], env["REDIRECT_STATUS"] = file, "200"
		if err := machine.NormalizePageCache(interpreter); err != nil {
			return nil, err
		}
	}
	host, v := p.host, subject.Variant{Model: subject.ScriptModel, Env: env}
	return func(ctx context.Context, l *subject.Launcher) (*subject.Target, func() error, error) {
		return l.Serve(ctx, host, v)
	}, nil
}

// startWeb returns the start of a contender under a third-party web server, which responds with the file.
func (p *preparation) startWeb(c contender, of subject.Program, file string) start {
	app := servers.App{File: file, Copied: machine.NormalizePageCache, Recycling: c.recycling}
	if c.extraFile != "" {
		app.ExtraFiles = []string{filepath.Join(p.dir, c.extraFile)}
	}
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
		w, err := servers.StartWeb(ctx, c.web, app)
		if err != nil {
			return nil, nil, err
		}
		t := &subject.Target{URL: w.URL, External: true, UsageFunc: w.Usage, Gone: w.Gone()}
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
	}
}
