package servers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"forktax/bench/process"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// A WebServer is a running web server.
type WebServer struct {
	Name string
	URL  string // URL of the app
	// Ready is the time from the start of the first of its programs until it responded.
	Ready time.Duration

	dir       *serverDir
	processes []*process.Process
	stopped   chan struct{}
	once      sync.Once
}

// idleLimit is the longest wait until a server is idle.
const idleLimit = 5 * time.Second

// An App is a program or page for a web server to serve.
type App struct {
	File       string   // path of the program or page, of a kind that the server handles; "" for a server that forwards
	ExtraFiles []string // paths of files that it needs, which are copied to the same directory
	// Copied, if not nil, is called with the path of each copied file, before a server starts.
	Copied func(path string) error
	// Prepare makes the app's data in dir, which is then given to the server's user. It returns the variables by which the
	// app finds its data. Nil if the app has no data.
	Prepare func(ctx context.Context, dir string) (env map[string]string, err error)
	// Command is a shell command that starts the app on the port {port}, in the directory CommandDir, for a server that
	// forwards requests below the URL path Root.
	Command, CommandDir, Root string
	// Env holds further variables of the app.
	Env map[string]string
	// Recycling replaces processes of a server that keeps some. Other servers ignore it.
	Recycling
	// StartFunc, if set, starts a process in a chosen way, such as on certain cores. It calls start once.
	StartFunc func(start func() error) error
}

// A Recycling says how a server replaces its processes.
type Recycling struct {
	Requests int    // a process ends after this number of requests; 0: never
	Manager  string // php-fpm's way to choose the number of processes: static (""), dynamic or ondemand
}

// StartWeb starts the named web server on a free port, to serve a copy of the app. The error may be a
// *process.NotInstalledError.
func StartWeb(ctx context.Context, name string, app App) (w *WebServer, err error) {
	spec, err := WebInfoNamed(name)
	if err = cmp.Or(err, spec.Missing); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit,
		fmt.Errorf("it was not ready within %s", units.Span(readyLimit)))
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
	s.Dir, s.File, s.Recycling = w.dir.dir, filepath.Base(app.File), app.Recycling
	s.Root = app.Root
	if err := w.install(s.Bin(), app); err != nil {
		return w, err
	}
	data, err := w.prepareData(ctx, app)
	if err != nil {
		return w, err
	}
	s.Variables = map[string]string{}
	maps.Copy(s.Variables, data)
	maps.Copy(s.Variables, app.Env)
	if spec.web.noVariables && len(s.Variables) > 0 {
		return w, errors.New("it passes no variables to programs, so an app cannot find its data; use another server")
	}
	if s.Port, err = process.FreePort(); err != nil {
		return w, err
	}
	began := time.Now()
	if spec.Proxies() {
		if s.Backend, err = w.startBackend(ctx, app, s.Variables); err != nil {
			return w, err
		}
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
	w.Ready = time.Since(began)
	w.waitIdle(ctx)
	return w, nil
}

// start starts one of the server's programs.
func (w *WebServer) start(command []string, s site, startFunc func(start func() error) error) error {
	args := slices.Clone(command[1:])
	for i := range args {
		var err error
		if args[i], err = expandTemplate(args[i], s); err != nil {
			return err
		}
	}
	cmd := w.dir.command(s.Helpers[command[0]], args...)
	cmd.Env = append(cmd.Env, process.Settings(s.Variables)...)
	p, err := w.dir.start(cmd, startFunc)
	if err != nil {
		return err
	}
	w.add(p)
	return nil
}

// add makes a started process one of the server's.
func (w *WebServer) add(p *process.Process) {
	p.AnyExit = true
	w.processes = append(w.processes, p)
	w.dir.watchdog.watch(p.PID())
}

// startBackend starts the app's command, and returns its port when it accepts connections.
func (w *WebServer) startBackend(ctx context.Context, app App, variables map[string]string) (port int, err error) {
	if port, err = process.FreePort(); err != nil {
		return 0, err
	}
	cmd := w.dir.command("/bin/sh", "-c", strings.ReplaceAll(app.Command, "{port}", strconv.Itoa(port)))
	if w.dir.runAs != nil && !isTraversable(app.CommandDir) {
		return 0, fmt.Errorf("the user %s, who executes the app's command, cannot enter its directory %s: chmod o+x it and "+
			"those above it, or run as another user than root", webUser, app.CommandDir)
	}
	cmd.Dir, cmd.Env = app.CommandDir, append(cmd.Env, fmt.Sprint("PORT=", port), "HOME="+w.dir.dir)
	cmd.Env = append(cmd.Env, process.Settings(variables)...)
	p, err := w.dir.start(cmd, app.StartFunc)
	if err != nil {
		return 0, err
	}
	p.StopSignal = os.Kill // it keeps nothing, and some programs wait for a further request first
	w.add(p)
	return port, process.Until(ctx, func() error {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return fmt.Errorf("the app's command: %w", err)
		}
		return conn.Close()
	}, p)
}

// waitIdle waits until the server is idle, but only where its usage can be measured.
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

// install copies the app to the directory bin, where the server's user can read it.
func (w *WebServer) install(bin string, app App) error {
	if err := os.Mkdir(bin, 0o755); err != nil {
		return err
	}
	files := app.ExtraFiles
	if app.File != "" {
		files = append([]string{app.File}, files...)
	}
	for _, file := range files {
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

// prepareData makes the app's data with app.Prepare, and changes the owner of the data to the server's user.
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

// waitReady waits until the app responds. Status 500 is the error of an app that does not work; a higher status may
// come from a server that is still starting.
func (w *WebServer) waitReady(ctx context.Context) error {
	var broken error
	err := process.Until(ctx, func() error {
		status, err := w.requestStatus(ctx)
		if err == nil && status == http.StatusInternalServerError {
			broken = fmt.Errorf("GET %s: the application returned status 500 during the readiness check", w.URL)
		} else if err == nil && status > http.StatusInternalServerError {
			err = fmt.Errorf("GET %s: status %d", w.URL, status)
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

// PIDs returns the PID of the first process of each of the server's programs.
func (w *WebServer) PIDs() []int {
	var all []int
	for _, p := range w.processes {
		all = append(all, p.PID())
	}
	return all
}

// Usage waits until the server is idle. It returns the resource usage of the server and all processes that it started
// so far; nil if the usage is unknown.
func (w *WebServer) Usage() *contract.Usage {
	cpu, known := w.dir.cpuAtRest(w.PIDs()...)
	if !known {
		return nil
	}
	return &contract.Usage{SelfCPUNS: int64(cpu.Used), CPUResolutionNS: int64(cpu.Resolution), External: true}
}

// Gone returns a channel that receives the reason if a process of the server ends before Stop.
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

// maxLogged is the largest part of a server's log that an error shows, in bytes.
const maxLogged = 2000

// logged returns the end of the server's own log, to be appended to an error.
func (w *WebServer) logged() string {
	if w.dir == nil {
		return ""
	}
	file, err := os.Open(filepath.Join(w.dir.dir, "error.log"))
	if err != nil {
		return ""
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > maxLogged {
		_, _ = file.Seek(-maxLogged, io.SeekEnd)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxLogged))
	if err != nil || len(text) == 0 {
		return ""
	}
	return "; last log lines:\n" + strings.TrimSpace(string(text))
}

// Stop ends the server and removes its files. Further calls do nothing.
func (w *WebServer) Stop() (err error) {
	w.once.Do(func() {
		close(w.stopped)
		err = w.dir.stopAndRemove(w.processes...)
	})
	return err
}
