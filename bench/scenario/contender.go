package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"forktax/bench/subject"
)

// A Contender is a program or server of a group. One of CGI, Command, URL, Server, Module and Model is set, Model also
// with CGI or Module.
type Contender struct {
	At          string // place in the file
	Group, Name string
	Title       string

	CGI     string   // CGI program: a path, or the name of a program on PATH
	Args    []string // its arguments
	Command string   // shell command that starts a server on the port {port}; with Server, the program behind it
	URL     string   // running server
	Server  string   // web server of package servers
	Module  string   // WebAssembly module
	Model   string   // execution model of the CGI program or module, or of the group's workload

	File    string            // program or page that a server serves
	Files   []string          // files that it needs in the same directory
	Recycle int               // requests after which a server replaces a process; 0: never
	Manager string            // php-fpm's way to choose the number of processes
	Env     map[string]string // variables of the program
	Limits  map[string]string // limits of the processes of a CGI program or model, which replace the run's
	Root    string            // URL path of a CGI program
	Twin    string            // contender of the group that is the same program with a process for each request
	Setup
}

// contenders reads the value of the key.
func (s scenario) contenders(n ast.Node) (contenders []Contender, where Place, err error) {
	const example = "[{name: cgi, cgi: ./page.py}, {name: server, command: 'python3 server.py {port}'}]"
	where, err = s.each(n, ContendersKey, example,
		func(n ast.Node) error {
			c := Contender{At: s.at(position(n))}
			err := s.keys(n, "a contender", "{name: cgi, cgi: ./page.py}", contenderKeys, c.read)
			if err == nil {
				err = s.checkContender(n, c, contenders)
			}
			contenders = append(contenders, c)
			return err
		})
	return contenders, where, err
}

// checkContender returns an error if the contender is not complete, or if one of the others has its name.
func (s scenario) checkContender(n ast.Node, c Contender, others []Contender) error {
	var kinds []string
	for i, value := range []string{c.CGI, c.Command, c.URL, c.Server, c.Module, c.Model} {
		if value != "" {
			kinds = append(kinds, kindKeys[i])
		}
	}
	paired := len(kinds) == 2 && (c.Server != "" && c.Command != "" || c.CGI+c.Module != "" && c.Model != "")
	first := slices.IndexFunc(others, func(other Contender) bool { return other.Name == c.Name && other.Group == c.Group })
	switch {
	case c.Name == "":
		return s.wrong(position(n), "the key name is missing: a contender must have a name")
	case first >= 0:
		return s.wrong(position(n), "duplicate name %q: the contender at %s has it, in the same group", c.Name,
			others[first].At)
	case len(others) >= maxContenders:
		return s.wrong(position(n), "more than %d contenders", maxContenders)
	case len(kinds) == 0:
		return s.wrong(position(n), "%q needs one of the keys %s", c.Name, strings.Join(kindKeys, ", "))
	case len(kinds) > 1 && !paired:
		return s.wrong(position(n), "%q has the keys %s: keep one", c.Name, strings.Join(kinds, ", "))
	case c.Server == "" && (c.File != "" || len(c.Files) > 0 || c.Recycle > 0 || c.Manager != ""):
		return s.wrong(position(n), "%q: the keys file, files, recycle and manager require the key server", c.Name)
	case c.Server != "" && c.File == "" && c.Command == "":
		return s.wrong(position(n), "%q: the key server requires the key file: what it serves", c.Name)
	case c.CGI == "" && len(c.Args) > 0:
		return s.wrong(position(n), "%q: the key args requires the key cgi", c.Name)
	case c.Root != "" && c.CGI == "" && c.Command == "":
		return s.wrong(position(n), "%q: the key root requires the key cgi or command", c.Name)
	case len(c.Env) > 0 && c.CGI+c.Module == "" && (c.Model != "" || c.URL != ""):
		return s.wrong(position(n), "%q: the key env requires the key cgi, command, server or module", c.Name)
	case len(c.Limits) > 0 && c.ForktaxModel() == "":
		return s.wrong(position(n), "%q: the key %s requires the key cgi, module or model", c.Name, limitsKey)
	}
	return s.checkLimits(n, c.Name, c.ForktaxModel(), c.Limits)
}

// ForktaxModel returns the execution model under which forktax runs the contender; "" if it is a server of its own.
func (c Contender) ForktaxModel() string {
	switch {
	case c.CGI != "":
		return cmp.Or(c.Model, subject.ScriptModel)
	case c.Module != "":
		return cmp.Or(c.Model, subject.ModuleModel)
	}
	return c.Model
}

// read sets the field of a key. If the value is invalid, it returns the requirement.
func (c *Contender) read(key string, value ast.Node) (needed string) {
	text, ok := scalar(value)
	needed, ok = "must be text that is not empty", ok && text != ""
	switch key {
	case "group":
		return readName(&c.Group, value)
	case "twin":
		return readName(&c.Twin, value)
	case "name":
		return readName(&c.Name, value)
	case "title":
		c.Title = text
	case kindKeys[0]:
		c.CGI = text
	case "command":
		c.Command = text
	case "url":
		c.URL = text
	case "server":
		c.Server = text
	case "module":
		c.Module = text
	case "model":
		c.Model = text
	case "file":
		c.File = text
	case "manager":
		c.Manager = text
	case "root":
		c.Root, ok, needed = text, ok && text[0] == '/', "must be a path that begins with /"
	case "recycle":
		var err error
		c.Recycle, err = strconv.Atoi(text)
		ok = ok && err == nil && c.Recycle > 0 && c.Recycle <= maxRecycle
		needed = fmt.Sprintf("must be a number of requests from 1 to %d", maxRecycle)
	case "args":
		c.Args, ok = textsOf(value)
		needed = "must be a list of arguments without line feeds"
		ok = ok && !slices.ContainsFunc(c.Args, func(arg string) bool { return strings.ContainsAny(arg, "\n\x00") })
	case "files":
		c.Files, ok = textsOf(value)
		needed = "must be a list of paths"
	case limitsKey:
		return readLimits(&c.Limits, value)
	case "env":
		c.Env, ok = variablesOf(value)
		needed = "must be variables with values, such as {PERL5LIB: lib}"
	default:
		return c.Setup.read(key, value)
	}
	if ok {
		return ""
	}
	return needed
}
