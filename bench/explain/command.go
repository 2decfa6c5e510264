package explain

import (
	"cmp"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Command is a program with the input that a CGI host gives to it.
type Command struct {
	Path  string        // absolute
	Args  []string      // the arguments after the path
	Dir   string        // the working directory; "" means that of Path, as in CGI hosts
	Env   []string      // the whole environment, as NAME=VALUE
	Body  string        // request body; "" means none
	Limit time.Duration // a start that takes longer is killed; 0 means 10 s

	hasEnded func() bool // for a tracer: reports whether the traced program has ended; nil for all other programs
}

func (c Command) dir() string { return cmp.Or(c.Dir, filepath.Dir(c.Path)) }

// words returns the command line.
func (c Command) words() []string { return append([]string{c.Path}, c.Args...) }

// running returns a command with the same request and directory, and another command line.
func (c Command) running(words []string) Command {
	c.Dir = c.dir()
	c.Path, c.Args = words[0], words[1:]
	return c
}

// With returns the command with additional environment variables, which replace variables of the same name.
func (c Command) With(settings ...string) Command {
	for _, s := range settings {
		name, _, _ := strings.Cut(s, "=")
		c = c.without(name)
		c.Env = append(c.Env, s)
	}
	return c
}

// without returns the command without the named environment variables.
func (c Command) without(names ...string) Command {
	c.Env = slices.DeleteFunc(slices.Clone(c.Env), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return slices.Contains(names, name)
	})
	return c
}

// debugging returns the command with a setting appended to GODEBUG, which is a list.
func (c Command) debugging(setting string) Command {
	if old := c.variable("GODEBUG"); old != "" {
		setting = old + "," + setting
	}
	return c.With("GODEBUG=" + setting)
}

func (c Command) variable(name string) string {
	for _, s := range c.Env {
		if value, found := strings.CutPrefix(s, name+"="); found {
			return value
		}
	}
	return ""
}

// beyondRFC lists variables that hosts set although RFC 3875 does not require them.
var beyondRFC = []string{"REQUEST_URI", "SCRIPT_FILENAME", "HTTP_HOST"}

// Environment returns the environment variables that a CGI host sets for the program at path and a request: those that
// RFC 3875 requires, those that all hosts add, a search path, and what children inherit in a run. The specification has
// the mount point and the document directory.
func Environment(s subject.Spec, r contract.Request, path, searchPath string) []string {
	full, query, _ := strings.Cut(r.Path, "?")
	if decoded, err := url.PathUnescape(full); err == nil { // RFC 3875, section 4.1.5
		full = decoded
	}
	script, info := s.Split(full)
	env := map[string]string{
		"GATEWAY_INTERFACE": "CGI/1.1",
		"PATH":              searchPath,
		"PATH_INFO":         info,
		"QUERY_STRING":      query,
		"REMOTE_ADDR":       "127.0.0.1",
		"REMOTE_HOST":       "127.0.0.1",
		"REQUEST_METHOD":    r.Method,
		"SCRIPT_NAME":       script,
		"SERVER_NAME":       "localhost",
		"SERVER_PORT":       "80",
		"SERVER_PROTOCOL":   "HTTP/1.1",
		"SERVER_SOFTWARE":   "forktax",

		"HTTP_HOST":       "localhost",
		"REQUEST_URI":     r.Path,
		"SCRIPT_FILENAME": path,
	}
	for _, name := range contract.Inherited() {
		if value := os.Getenv(name); value != "" {
			env[name] = value
		}
	}
	if documents, err := filepath.Abs(s.Documents); s.Documents != "" && err == nil && info != "" {
		env["PATH_TRANSLATED"] = filepath.Join(documents, filepath.FromSlash(info))
	}
	for name, value := range r.Headers {
		name = strings.ReplaceAll(strings.ToUpper(name), "-", "_")
		if name == "AUTHORIZATION" && !s.Authorization {
			continue
		}
		if name != "CONTENT_TYPE" {
			name = "HTTP_" + name
		}
		env[name] = value
	}
	if r.Body != "" {
		env["CONTENT_LENGTH"] = strconv.Itoa(len(r.Body))
	}
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		settings = append(settings, name+"="+env[name])
	}
	return settings
}
