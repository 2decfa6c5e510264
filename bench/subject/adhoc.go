package subject

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"strings"

	"forktax/workload/contract"
)

// Adhoc is a comparison of two programs that describe nothing: a CGI executable, and a server that does the same.
type Adhoc struct {
	CGI        string // path of the executable
	Persistent string // the URL of the server, or the command that starts it
	Request    string // path; "": that of Persistent, or /
}

// PersistentName is the name of the server, and of its option.
var PersistentName = contract.Resident().Name

// Validate returns an error of the first option that is invalid, or that cannot be combined with one of those given.
func (a Adhoc) Validate(given map[string]bool) error {
	switch {
	case a == Adhoc{}:
		return nil
	case a.CGI == "" && a.Persistent != "":
		return InvalidOption(PersistentName, "is what --cgi is compared with: name a CGI executable by that")
	case a.CGI == "":
		return InvalidOption("request", "is for --cgi: name a CGI executable by that")
	case given["workload"]:
		return InvalidOption("workload", "and --cgi exclude each other")
	case given["model"]:
		return InvalidOption("model", "and --cgi exclude each other: a CGI executable has the model cgi alone")
	case given["variants"]:
		return InvalidOption("variants", "and --cgi exclude each other")
	case a.Request != "" && !strings.HasPrefix(a.Request, "/"):
		return InvalidOption("request", "%q: a path that begins with / is needed", a.Request)
	}
	if why := NotExecutable(a.CGI); why != "" {
		return InvalidOption("cgi", "%s %s", a.CGI, why)
	}
	return nil
}

// Server returns the server, nil if there is none, and the path of the request.
func (a Adhoc) Server() (f *External, path string, err error) {
	path = "/"
	switch {
	case a.Persistent == "":
	case strings.HasPrefix(a.Persistent, "http://"), strings.HasPrefix(a.Persistent, "https://"):
		parsed, err := ParseExternal(PersistentName + "=" + a.Persistent)
		if err != nil {
			return nil, "", InvalidOption(PersistentName, "%s", strings.TrimPrefix(err.Error(), PersistentName+"="))
		}
		if u := parsed.URL.RequestURI(); u != "" {
			path = u
		}
		parsed.URL = &url.URL{Scheme: parsed.URL.Scheme, Host: parsed.URL.Host}
		f = &parsed
	default:
		f = &External{Name: PersistentName, Command: a.Persistent}
	}
	if a.Request != "" {
		path = a.Request
	}
	return f, path, nil
}

// Host has the program script host the executable at the path, and the launcher tell it so.
func (a Adhoc) Host(script *Program, l *Launcher, path string) error {
	absolute, err := filepath.Abs(a.CGI)
	if err != nil {
		return fmt.Errorf("finding %s: %w", a.CGI, err)
	}
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return InvalidOption("request", "%q: %v", path, err)
	}
	script.Requests = []contract.Request{{Name: "get", Method: "GET", Path: path}}
	env := map[string]string{contract.EnvScriptPath: absolute, contract.EnvScriptRoot: strings.TrimRight(u.Path, "/")}
	maps.Copy(env, l.Env)
	l.Env = env
	return nil
}
