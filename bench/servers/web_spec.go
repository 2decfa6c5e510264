package servers

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"forktax/bench/process"
)

// What a web server can have answer.
const (
	Executable      = "an executable (CGI)"
	PythonScript    = "a CGI script in Python"
	PythonHandler   = "a module with the function handler(req)"
	PythonPublisher = "a module with the function index(req)"
	PythonWSGI      = "a module with the function application(environ, start_response)"
	PHPPage         = "a page in PHP"
)

// A webSpec is a way in which a web server of somebody else's has a program answer.
type webSpec struct {
	name           string
	about          string            // for people
	handles        string            // what it has answer
	helpers        []string          // programs that it starts itself
	needs          []string          // modules that not every such server has; patterns of names in apacheModules
	packages       string            // Debian's
	ignoresSIGCHLD bool              // it has the kernel forget its children, so that their parent is not told what they used
	config         map[string]string // by the file's name, which is "conf" of the server itself; templates of site
	path           string            // of the URL of what answers, a template of site, too
	commands       [][]string        // programs that it consists of, in the order in which they start; templates, too
}

const (
	webUser   = "www-data"  // whom Debian's packages run web servers as
	webFolder = "/usr/sbin" // where else than on PATH they may be
)

// webSpecs are all of them, those of a server in a file of its own.
var webSpecs = []webSpec{apache, lighttpd, nginx, pythonScripts, pythonPublisher, modPython, modWSGI, phpCGI, modFCGID, modPHP,
	phpFPM}

// A site is what the configuration of a web server is made of.
type site struct {
	Dir       string // of the server's own files; bin in it has what answers
	Port      int
	Needs     []string          // the files of the modules that not every such server has
	Helpers   map[string]string // the paths of the programs that it consists of, and of those that it starts itself
	Workers   int               // requests that it executes a program for at once, where that has to be said
	File      string            // what answers, in bin
	Variables map[string]string // that what answers is to have
}

// workers is how many there are where the number has to be said: as many as our own host's at the least, on two cores.
const workers = 16

// Bin is the folder of what is executed, which is served as /cgi-bin/.
func (s site) Bin() string { return filepath.Join(s.Dir, "bin") }

// Module is what a program of Python calls the file.
func (s site) Module() string { return strings.TrimSuffix(s.File, filepath.Ext(s.File)) }

// A WebInfo describes a way in which a web server can have something answer.
type WebInfo struct {
	Name, About string
	Handles     string // what it has answer, one of the constants
	Packages    string // of Debian, with a blank between them
	Program     string // the path of the server, if it is installed
	Missing     error  // a *process.NotInstalledError, or nil

	web  webSpec
	site site
}

// WebInfos are those of all specs, or of those that handle what is named.
func WebInfos(handles ...string) []WebInfo {
	var all []WebInfo
	for _, w := range webSpecs {
		if len(handles) == 0 || slices.Contains(handles, w.handles) {
			all = append(all, w.info())
		}
	}
	return all
}

// WebInfoNamed is that of the spec of that name.
func WebInfoNamed(name string) (WebInfo, error) {
	i := slices.IndexFunc(webSpecs, func(w webSpec) bool { return w.name == name })
	if i < 0 {
		var names []string
		for _, w := range webSpecs {
			names = append(names, w.name)
		}
		return WebInfo{}, fmt.Errorf("%q is no web server that is known; there are %s", name, strings.Join(names, ", "))
	}
	return webSpecs[i].info(), nil
}

func (w webSpec) info() WebInfo {
	s, missing := w.site()
	server := w.commands[len(w.commands)-1][0]
	return WebInfo{w.name, w.about, w.handles, w.packages, s.Helpers[server], missing, w, s}
}

// expandTemplate is a template with its values.
func expandTemplate(text string, values any) (string, error) {
	t, err := template.New("").Parse(text)
	if err != nil {
		return "", err
	}
	var full strings.Builder
	err = t.Execute(&full, values)
	return full.String(), err
}

// site finds all that the server consists of.
func (w webSpec) site() (s site, err error) {
	s = site{Workers: workers, Helpers: map[string]string{}}
	var programs []string
	for _, command := range w.commands {
		programs = append(programs, command[0])
	}
	for _, name := range append(programs, w.helpers...) {
		if s.Helpers[name], err = process.Find(name, w.packages, webFolder); err != nil {
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
