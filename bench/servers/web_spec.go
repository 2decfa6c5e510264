package servers

import (
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"forktax/bench/process"
)

// The kinds of programs that web servers handle.
const (
	Executable      = "an executable (CGI)"
	PythonScript    = "a CGI script in Python"
	PythonHandler   = "a module with the function handler(req)"
	PythonPublisher = "a module with the function index(req)"
	PythonWSGI      = "a module with the function application(environ, start_response)"
	PHPPage         = "a page in PHP"
	FastCGIServer   = "a FastCGI server on a port"
	SCGIServer      = "an SCGI server on a port"
)

// A webSpec describes a configuration of a third-party web server that serves an app. The fields marked template are
// templates of package text/template, executed with a site.
type webSpec struct {
	name           string
	about          string            // description for users
	handles        string            // kind of the app, one of the constants above
	helpers        []string          // programs that the server itself starts
	needs          []string          // optional modules that it requires; patterns of file names in apacheModules
	packages       string            // names of Debian's packages, separated by blanks
	ignoresSIGCHLD bool              // the server ignores SIGCHLD, so the kernel does not report the usage of its children
	forwards       bool              // it forwards requests to the command of the app
	fresh          bool              // a page is served by a new process for each request
	noVariables    bool              // programs do not see the server's variables, so an app cannot have data
	config         map[string]string // configuration files by name, "conf" for the server itself; templates
	path           string            // URL path of the app; a template
	commands       [][]string        // its programs with their arguments, in the order of their start; templates
}

const (
	webUser = "www-data"  // user of web servers in Debian's packages
	webDir  = "/usr/sbin" // directory of web servers that may not be on PATH
)

// webSpecs lists all web servers. Each server's specs are in a file of its own.
var webSpecs = []webSpec{apache, lighttpd, nginx, busybox, miniHTTPD, uwsgi, h2o, pythonScripts, pythonPublisher,
	modPython, modWSGI, modWSGIDaemon, gunicorn, uwsgiPython, phpCGI, modFCGID, modPHP, phpFPM, nginxFastCGI,
	nginxSCGI}

// A site holds the values for the configuration templates of a web server.
type site struct {
	Dir       string // directory of the server's own files
	Port      int
	Needs     []string          // paths of the required optional modules
	Helpers   map[string]string // paths of the server's programs and of the helpers, by name
	Workers   int               // most programs executed concurrently, for servers that need the number
	File      string            // file name of the app in Bin
	Variables map[string]string // environment of the app
	Root      string            // URL path of a forwarded app
	Backend   int               // port of the app's command
	Recycling
}

// workers is the value of Workers: at least as many as forktax's own host has on two cores.
const workers = 16

// Bin returns the directory of the app, which is served as /cgi-bin/.
func (s site) Bin() string { return filepath.Join(s.Dir, "cgi-bin") }

// Extension returns the end of the app's file name that begins with a dot.
func (s site) Extension() string { return filepath.Ext(s.File) }

// Module returns the name of the app's file as a Python module.
func (s site) Module() string { return strings.TrimSuffix(s.File, filepath.Ext(s.File)) }

// A WebInfo describes a web server and whether it is installed.
type WebInfo struct {
	Name, About string
	Handles     string // kind of the app, one of the constants
	Packages    string // names of Debian's packages, separated by blanks
	Missing     error  // a *process.NotInstalledError, or nil

	web  webSpec
	site site
}

// Proxies reports whether the server forwards requests to a command of the app.
func (w WebInfo) Proxies() bool { return w.web.forwards }

// Fresh reports whether each request gets a new process.
func (w WebInfo) Fresh() bool { return w.web.fresh || w.Handles == Executable }

// Recycles reports whether the server can replace its processes after some requests.
func (w WebInfo) Recycles() bool { return w.web.uses(".Requests") }

// Managers returns the ways to choose the number of processes that the server can be given.
func (w WebInfo) Managers() []string {
	if !w.web.uses(".Manager") {
		return nil
	}
	return []string{"static", "dynamic", "ondemand"}
}

// uses reports whether a template of the server has the value.
func (w webSpec) uses(value string) bool {
	texts := slices.Concat(slices.Collect(maps.Values(w.config)), slices.Concat(w.commands...))
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, value) })
}

// WebInfos returns the web servers that handle one of the given kinds, or all if none is given.
func WebInfos(handles ...string) []WebInfo {
	var all []WebInfo
	for _, w := range webSpecs {
		if len(handles) == 0 || slices.Contains(handles, w.handles) {
			all = append(all, w.info())
		}
	}
	return all
}

// WebInfoNamed returns the web server of that name.
func WebInfoNamed(name string) (WebInfo, error) {
	i := slices.IndexFunc(webSpecs, func(w webSpec) bool { return w.name == name })
	if i < 0 {
		var names []string
		for _, w := range webSpecs {
			names = append(names, w.name)
		}
		return WebInfo{}, fmt.Errorf("%q is not a known web server: use one of %s", name, strings.Join(names, ", "))
	}
	return webSpecs[i].info(), nil
}

func (w webSpec) info() WebInfo {
	s, missing := w.site()
	return WebInfo{w.name, w.about, w.handles, w.packages, missing, w, s}
}

// versionFlags are the arguments with which a program prints its version, if they are not -v; nil if it prints none.
var versionFlags = map[string][]string{"busybox": {"--help"}, "fcgiwrap": nil, "gunicorn": {"--version"},
	"h2o": {"--version"}, "mini_httpd": {"-V"}, "uwsgi": {"--version"}}

// Versions returns commands whose first lines are the versions of the server's programs, the server itself first, and
// the names of its modules.
func (w WebInfo) Versions() (commands []*exec.Cmd, modules []string) {
	var names []string
	for _, command := range slices.Backward(w.web.commands) {
		names = append(names, command[0])
	}
	for _, name := range append(names, w.web.helpers...) {
		flags, special := versionFlags[name]
		if !special {
			flags = []string{"-v"}
		}
		if flags != nil {
			commands = append(commands, exec.Command(w.site.Helpers[name], flags...))
		}
	}
	for _, path := range w.site.Needs {
		modules = append(modules, filepath.Base(path))
	}
	return commands, modules
}

// Configured reports whether the variables of an app are written into a configuration of the server.
func (w WebInfo) Configured() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(w.web.config)), func(text string) bool {
		return strings.Contains(text, ".Variables")
	})
}

// expandTemplate returns the text of a template with the values.
func expandTemplate(text string, values any) (string, error) {
	t, err := template.New("").Parse(text)
	if err != nil {
		return "", err
	}
	var full strings.Builder
	err = t.Execute(&full, values)
	return full.String(), err
}

// site returns the site with the paths of the server's programs and modules. The error is a *process.NotInstalledError.
func (w webSpec) site() (s site, err error) {
	s = site{Workers: workers, Helpers: map[string]string{}}
	var programs []string
	for _, command := range w.commands {
		programs = append(programs, command[0])
	}
	for _, name := range append(programs, w.helpers...) {
		if s.Helpers[name], err = process.Find(name, w.packages, webDir); err != nil {
			return s, err
		}
	}
	for _, pattern := range w.needs {
		files, err := filepath.Glob(apacheModules + pattern)
		if err != nil || len(files) == 0 {
			return s, &process.NotInstalledError{Program: pattern, Packages: w.packages}
		}
		s.Needs = append(s.Needs, files[len(files)-1])
	}
	return s, nil
}
