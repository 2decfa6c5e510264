package servers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"forktax/bench/process"
	"forktax/workload/contract"
)

// A Web is a web server that runs.
type Web struct {
	Name string
	URL  string // of what answers

	home      *home
	processes []*process.Process
	stopped   chan struct{}
	once      sync.Once
}

const (
	resting      = 50 * time.Millisecond // in which a server that rests uses next to nothing
	restingLimit = 5 * time.Second       // on waiting for that
)

// An App is what a web server is to have answer.
type App struct {
	File   string   // what answers, of the kind that the server takes
	Beside []string // files that it needs, which are put into the same folder
	// Copied is told where each of these files was put, before a server starts; may be nil.
	Copied func(path string) error
	// Prepare makes its data in the folder, which becomes the server's own, and returns the variables by which it finds
	// them; nil if it has none.
	Prepare func(ctx context.Context, dir string) (env map[string]string, err error)
	// Elsewhere, if set, starts a process where it is to run: on certain cores, say. It calls start, once.
	Elsewhere func(start func() error) error
}

// StartWeb starts the web server of that name on a free port, to have a copy of the app answer. The error may be a
// *process.NotInstalledError.
func StartWeb(ctx context.Context, name string, app App) (w *Web, err error) {
	kind, err := WebNamed(name)
	if err = cmp.Or(err, kind.Missing); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit, fmt.Errorf("it was not ready within %v", readyLimit))
	defer cancel()
	w = &Web{Name: name, stopped: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting %s: %w%s", name, err, w.logged()), w.Stop())
		}
	}()
	if w.home, err = newHome(name, webUser); err != nil {
		return w, err
	}
	w.home.forgets = kind.web.forgets
	s := kind.site
	s.Dir, s.File = w.home.dir, filepath.Base(app.File)
	if err := w.install(s.Bin(), app); err != nil {
		return w, err
	}
	if s.Variables, err = w.prepare(ctx, app); err != nil {
		return w, err
	}
	if s.Port, err = process.FreePort(); err != nil {
		return w, err
	}
	for file, text := range kind.web.config {
		if err := w.configure(file, text, s); err != nil {
			return w, err
		}
	}
	for _, command := range kind.web.commands {
		if err := w.start(command, s, app.Elsewhere); err != nil {
			return w, err
		}
	}
	path, err := filled(kind.web.path, s)
	if err != nil {
		return w, err
	}
	w.URL = fmt.Sprintf("http://127.0.0.1:%d%s", s.Port, path)
	if err := w.answers(ctx); err != nil {
		return w, err
	}
	w.rests(ctx)
	return w, nil
}

// start starts one of the server's programs.
func (w *Web) start(command []string, s site, elsewhere func(start func() error) error) error {
	args := slices.Clone(command[1:])
	for i := range args {
		var err error
		if args[i], err = filled(args[i], s); err != nil {
			return err
		}
	}
	cmd := w.home.run(s.Helpers[command[0]], args...)
	cmd.Env = append(cmd.Env, process.Settings(s.Variables)...)
	p, err := w.home.start(cmd, elsewhere)
	if err != nil {
		return err
	}
	p.AnyEnd = true
	w.processes = append(w.processes, p)
	w.home.guard.over(p.PID())
	return nil
}

// rests waits until the server does nothing any more: one that answers may still be starting others of its processes. How
// long that takes is known only where its usage is.
func (w *Web) rests(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, restingLimit)
	defer cancel()
	for before := w.Usage(); before != nil && ctx.Err() == nil; {
		time.Sleep(resting)
		now := w.Usage()
		if now == nil || now.Sub(*before).CPUNS() < int64(resting/100) {
			return
		}
		before = now
	}
}

func (w *Web) configure(file, text string, s site) error {
	config, err := filled(text, s)
	if err != nil {
		return err
	}
	return w.home.servant.write(filepath.Join(s.Dir, file), []byte(config))
}

// install copies the app to where the servant can read it.
func (w *Web) install(bin string, app App) error {
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	for _, file := range append([]string{app.File}, app.Beside...) {
		as := filepath.Join(bin, filepath.Base(file))
		content, err := os.ReadFile(file)
		if err == nil {
			err = errors.Join(os.WriteFile(as, content, 0o755), w.home.servant.give(as))
		}
		if err == nil && app.Copied != nil {
			err = app.Copied(as)
		}
		if err != nil {
			return err
		}
	}
	return w.home.servant.give(bin)
}

// prepare has the app make its data, and gives them to the servant.
func (w *Web) prepare(ctx context.Context, app App) (env map[string]string, err error) {
	if app.Prepare == nil {
		return nil, nil
	}
	dir := filepath.Join(w.home.dir, "data")
	if env, err = app.Prepare(ctx, dir); err != nil {
		return nil, err
	}
	return env, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, w.home.servant.give(path))
	})
}

// answers waits until the server does. One that is there, and has an error of its own, has an app that does not work.
func (w *Web) answers(ctx context.Context) error {
	var broken error
	err := process.Until(ctx, func() error {
		status, err := w.ask(ctx)
		if err == nil && status == http.StatusInternalServerError {
			broken = errors.New("what is to answer does not work: it answers with status 500")
		} else if err == nil && status > http.StatusInternalServerError {
			err = fmt.Errorf("it answers with status %d", status)
		}
		return err
	}, w.processes...)
	return errors.Join(err, broken)
}

func (w *Web) ask(ctx context.Context) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL, nil)
	if err != nil {
		return 0, err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// PIDs are the numbers of the server's processes, of each the first.
func (w *Web) PIDs() []int {
	var all []int
	for _, p := range w.processes {
		all = append(all, p.PID())
	}
	return all
}

// Usage is what the server has used so far, with all processes that it started, once they rest. Nil says that it is not
// known.
func (w *Web) Usage() *contract.Usage {
	cpu, known := w.home.cpuAtRest(w.PIDs()...)
	if !known {
		return nil
	}
	return &contract.Usage{SelfCPUNS: int64(cpu.Used), CPUResolutionNS: int64(cpu.Resolution), Outside: true}
}

// Gone yields why a process of the server ended, if nobody asked it to.
func (w *Web) Gone() <-chan error {
	gone := make(chan error, len(w.processes))
	for _, p := range w.processes {
		go func() {
			select {
			case why := <-p.Gone():
				gone <- fmt.Errorf("%w%s", why, w.logged())
			case <-w.stopped:
			}
		}()
	}
	return gone
}

// mostLogged is how much of a server's log is told, in bytes.
const mostLogged = 2000

// logged is the end of the server's own log, for the end of an error.
func (w *Web) logged() string {
	if w.home == nil {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(w.home.dir, "error.log"))
	if err != nil || len(text) == 0 {
		return ""
	}
	return "; the last of its log:\n" + strings.TrimSpace(string(text[max(len(text)-mostLogged, 0):]))
}

// Stop ends the server and removes its files. It may be called again, and does nothing then.
func (w *Web) Stop() (err error) {
	w.once.Do(func() {
		close(w.stopped)
		err = w.home.leave(w.processes...)
	})
	return err
}
