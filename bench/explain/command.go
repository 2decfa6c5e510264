package explain

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Command is a program with all that a CGI host gives to it.
type Command struct {
	Path  string        // absolute
	Args  []string      // what follows the path
	Dir   string        // the working directory; "" means that of Path, as CGI hosts have it
	Env   []string      // all of its environment, as NAME=VALUE
	Body  string        // of the request; "" is none
	Limit time.Duration // a start that takes longer is ended; 0 means 10 s

	hasEnded func() bool // of a program that watches another: whether that has ended; nil if it is not one
}

func (c Command) dir() string { return cmp.Or(c.Dir, filepath.Dir(c.Path)) }

// words is the command line.
func (c Command) words() []string { return append([]string{c.Path}, c.Args...) }

// running is the same request to another command line, in the same folder.
func (c Command) running(words []string) Command {
	c.Dir = c.dir()
	c.Path, c.Args = words[0], words[1:]
	return c
}

// With sets variables of the environment, over those that it has.
func (c Command) With(settings ...string) Command {
	for _, s := range settings {
		name, _, _ := strings.Cut(s, "=")
		c = c.without(name)
		c.Env = append(c.Env, s)
	}
	return c
}

// without takes variables out of the environment.
func (c Command) without(names ...string) Command {
	c.Env = slices.DeleteFunc(slices.Clone(c.Env), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return slices.Contains(names, name)
	})
	return c
}

// debugging adds to GODEBUG, which is a list.
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

// beyondRFC are variables that hosts set though RFC 3875 does not ask for them.
var beyondRFC = []string{"REQUEST_URI", "SCRIPT_FILENAME", "HTTP_HOST"}

// Environment is what a CGI host gives to the program at path for a request: the variables that RFC 3875 asks for,
// those that every host adds, and a search path. Where the program is mounted, and its documents are, the specification
// says. Nothing is inherited, and a result does not depend on who made it.
func Environment(s subject.Spec, r contract.Request, path, searchPath string) []string {
	full, query, _ := strings.Cut(r.Path, "?")
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
