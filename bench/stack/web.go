package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	"forktax/bench/process"
)

// A web is how a web server of somebody else's has a program executed for each request.
type web struct {
	name     string
	user     string             // whom its package runs it as
	programs []string           // that it consists of, in the order in which they start
	folders  []string           // where else than on PATH they may be
	modules  string             // the folder of its modules, if it loads any
	packages string             // Debian's
	config   *template.Template // of site
	commands func(s site) [][]string
}

// webs are all of them, each in a file of its own.
var webs = []web{apache, lighttpd, nginx}

// A site is what the configuration of a web server is made of.
type site struct {
	Dir     string // of the server's own files; bin in it has what is executed
	Port    int
	Modules string
	Workers int // requests that it executes a program for at once, where that has to be said
}

// workers is how many there are where the number has to be said: as many as our own host's at the least, on two cores.
const workers = 16

// Bin is the folder of what is executed, which is served as /cgi-bin/.
func (s site) Bin() string { return filepath.Join(s.Dir, "bin") }

// Webs names the web servers that there may be.
func Webs() []string {
	var names []string
	for _, w := range webs {
		names = append(names, w.name)
	}
	return names
}

// A NotInstalledError says what is missing.
type NotInstalledError struct{ Program, Packages string }

func (e *NotInstalledError) Error() string {
	return fmt.Sprintf("%s is not installed (Debian: apt-get install %s)", e.Program, e.Packages)
}

// A Web is a web server that runs.
type Web struct {
	Name string
	URL  string // of the program that was given

	home      *home
	processes []*process.Process
}

// StartWeb starts the web server of that name on a free port, to execute a copy of the file for each request. The error
// may be a *NotInstalledError.
func StartWeb(ctx context.Context, name, executable string) (w *Web, err error) {
	i := slices.IndexFunc(webs, func(w web) bool { return w.name == name })
	if i < 0 {
		return nil, fmt.Errorf("%q is no web server that is known; there are %s", name, strings.Join(Webs(), ", "))
	}
	kind := webs[i]
	paths := map[string]string{}
	for _, p := range kind.programs {
		if paths[p], err = kind.find(p); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit, fmt.Errorf("it was not ready within %v", readyLimit))
	defer cancel()
	w = &Web{Name: name}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting %s: %w", name, err), w.Stop())
		}
	}()
	if w.home, err = newHome(name, kind.user); err != nil {
		return w, err
	}
	s := site{Dir: w.home.dir, Modules: kind.modules, Workers: workers}
	if err := w.install(s.Bin(), executable); err != nil {
		return w, err
	}
	if s.Port, err = process.FreePort(); err != nil {
		return w, err
	}
	var config bytes.Buffer
	if err := kind.config.Execute(&config, s); err != nil {
		return w, err
	}
	if err := w.home.servant.write(filepath.Join(s.Dir, "conf"), config.Bytes()); err != nil {
		return w, err
	}
	for _, command := range kind.commands(s) {
		p, err := process.Start(w.home.run(paths[command[0]], command[1:]...), nil, nil)
		if err != nil {
			return w, err
		}
		p.AnyEnd = true
		w.processes = append(w.processes, p)
		w.home.guard.over(p.PID())
	}
	w.URL = fmt.Sprintf("http://127.0.0.1:%d/cgi-bin/%s", s.Port, filepath.Base(executable))
	return w, w.answers(ctx)
}

// find finds a program of the server.
func (w web) find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	for _, folder := range w.folders {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path, nil
		}
	}
	return "", &NotInstalledError{name, w.packages}
}

// install copies the file to where the servant can read it.
func (w *Web) install(bin, executable string) error {
	from, err := os.Open(executable)
	if err != nil {
		return err
	}
	defer from.Close()
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	to, err := os.OpenFile(filepath.Join(bin, filepath.Base(executable)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close(), w.home.servant.give(bin), w.home.servant.give(to.Name()))
}

// answers waits until the server does.
func (w *Web) answers(ctx context.Context) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL, nil)
		if err != nil {
			return err
		}
		req.Close = true
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode < http.StatusInternalServerError {
				return nil
			}
			err = errors.New(resp.Status)
		}
		for _, p := range w.processes {
			select {
			case why := <-p.Gone():
				return why
			default:
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// PIDs are the numbers of the server's processes, of each the first.
func (w *Web) PIDs() []int {
	var all []int
	for _, p := range w.processes {
		all = append(all, p.PID())
	}
	return all
}

// Stop ends the server and removes its files.
func (w *Web) Stop() error {
	var errs []error
	for _, p := range slices.Backward(w.processes) {
		errs = append(errs, p.Stop(stopLimit, nil))
	}
	w.processes = nil
	if w.home != nil {
		errs = append(errs, w.home.leave())
		w.home = nil
	}
	return errors.Join(errs...)
}
