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

// A WebServer is a web server that runs.
type WebServer struct {
	Name string
	URL  string // of what answers

	dir       *serverDir
	processes []*process.Process
	stopped   chan struct{}
	once      sync.Once
}

// idleLimit is how long a server may take to be idle.
const idleLimit = 5 * time.Second

// An App is what a web server is to have answer.
type App struct {
	File       string   // what answers; the server must be able to run it
	ExtraFiles []string // files that it needs, which are put into the same folder
	// Copied is told where each of these files was put, before a server starts; may be nil.
	Copied func(path string) error
	// Prepare makes its data in the folder, which becomes the server's own, and returns the variables by which it finds
	// them; nil if it has none.
	Prepare func(ctx context.Context, dir string) (env map[string]string, err error)
	// StartFunc, if set, starts a process where it is to run: on certain cores, say. It calls start, once.
	StartFunc func(start func() error) error
}

// StartWeb starts the web server of that name on a free port, to have a copy of the app answer. The error may be a
// *process.NotInstalledError.
func StartWeb(ctx context.Context, name string, app App) (w *WebServer, err error) {
	spec, err := WebInfoNamed(name)
	if err = cmp.Or(err, spec.Missing); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit, fmt.Errorf("it was not ready within %v", readyLimit))
	defer cancel()
	w = &WebServer{Name: name, stopped: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting %s: %w%s", name, err, w.logged()), w.Stop())
		}
	}()
	if w.dir, err = newServerDir(name, webUser); err != nil {
		return w, err
	}
	w.dir.ignoresSIGCHLD = spec.web.ignoresSIGCHLD
	s := spec.site
	s.Dir, s.File = w.dir.dir, filepath.Base(app.File)
	if err := w.install(s.Bin(), app); err != nil {
		return w, err
	}
	if s.Variables, err = w.prepareData(ctx, app); err != nil {
		return w, err
	}
	if s.Port, err = process.FreePort(); err != nil {
		return w, err
	}
	for file, text := range spec.web.config {
		if err := w.writeConfig(file, text, s); err != nil {
			return w, err
		}
	}
	for _, command := range spec.web.commands {
		if err := w.start(command, s, app.StartFunc); err != nil {
			return w, err
		}
	}
	path, err := expandTemplate(spec.web.path, s)
	if err != nil {
		return w, err
	}
	w.URL = fmt.Sprintf("http://127.0.0.1:%d%s", s.Port, path)
	if err := w.waitReady(ctx); err != nil {
		return w, err
	}
	w.waitIdle(ctx)
	return w, nil
}

// start starts one of the server's programs.
func (w *WebServer) start(command []string, s site, elsewhere func(start func() error) error) error {
	args := slices.Clone(command[1:])
	for i := range args {
		var err error
		if args[i], err = expandTemplate(args[i], s); err != nil {
			return err
		}
	}
	cmd := w.dir.command(s.Helpers[command[0]], args...)
	cmd.Env = append(cmd.Env, process.Settings(s.Variables)...)
	p, err := w.dir.start(cmd, elsewhere)
	if err != nil {
		return err
	}
	p.AnyExit = true
	w.processes = append(w.processes, p)
	w.dir.watchdog.watch(p.PID())
	return nil
}

// waitIdle waits until the server is idle. How long that takes is known only where its usage is.
func (w *WebServer) waitIdle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, idleLimit)
	defer cancel()
	w.dir.meter(w.PIDs()).AwaitIdle(ctx)
}

func (w *WebServer) writeConfig(file, text string, s site) error {
	config, err := expandTemplate(text, s)
	if err != nil {
		return err
	}
	return w.dir.runAs.writeFile(filepath.Join(s.Dir, file), []byte(config))
}

// install copies the app to where the server's user can read it.
func (w *WebServer) install(bin string, app App) error {
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	for _, file := range append([]string{app.File}, app.ExtraFiles...) {
		as := filepath.Join(bin, filepath.Base(file))
		content, err := os.ReadFile(file)
		if err == nil {
			err = errors.Join(os.WriteFile(as, content, 0o755), w.dir.runAs.chown(as))
		}
		if err == nil && app.Copied != nil {
			err = app.Copied(as)
		}
		if err != nil {
			return err
		}
	}
	return w.dir.runAs.chown(bin)
}

// prepareData has the app make its data, and gives them to the server's user.
func (w *WebServer) prepareData(ctx context.Context, app App) (env map[string]string, err error) {
	if app.Prepare == nil {
		return nil, nil
	}
	dir := filepath.Join(w.dir.dir, "data")
	if env, err = app.Prepare(ctx, dir); err != nil {
		return nil, err
	}
	return env, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, w.dir.runAs.chown(path))
	})
}

// waitReady waits until the server answers. One that is there, and has an error of its own, has an app that does not
// work.
func (w *WebServer) waitReady(ctx context.Context) error {
	var broken error
	err := process.Until(ctx, func() error {
		status, err := w.requestStatus(ctx)
		if err == nil && status == http.StatusInternalServerError {
			broken = errors.New("what is to answer does not work: it answers with status 500")
		} else if err == nil && status > http.StatusInternalServerError {
			err = fmt.Errorf("it answers with status %d", status)
		}
		return err
	}, w.processes...)
	return errors.Join(err, broken)
}

func (w *WebServer) requestStatus(ctx context.Context) (status int, err error) {
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
func (w *WebServer) PIDs() []int {
	var all []int
	for _, p := range w.processes {
		all = append(all, p.PID())
	}
	return all
}

// Usage is what the server has used so far, with all processes that it started, once they are idle. Nil says that it is
// not known.
func (w *WebServer) Usage() *contract.Usage {
	cpu, known := w.dir.cpuAtRest(w.PIDs()...)
	if !known {
		return nil
	}
	return &contract.Usage{SelfCPUNS: int64(cpu.Used), CPUResolutionNS: int64(cpu.Resolution), External: true}
}

// Gone yields why a process of the server ended, if nobody asked it to.
func (w *WebServer) Gone() <-chan error {
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

// maxLogged is how much of a server's log is told, in bytes.
const maxLogged = 2000

// logged is the end of the server's own log, for the end of an error.
func (w *WebServer) logged() string {
	if w.dir == nil {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(w.dir.dir, "error.log"))
	if err != nil || len(text) == 0 {
		return ""
	}
	return "; the last of its log:\n" + strings.TrimSpace(string(text[max(len(text)-maxLogged, 0):]))
}

// Stop ends the server and removes its files. It may be called again, and does nothing then.
func (w *WebServer) Stop() (err error) {
	w.once.Do(func() {
		close(w.stopped)
		err = w.dir.stopAndRemove(w.processes...)
	})
	return err
}
