package traps

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"forktax/bench/subject"
)

// developmentServers are recognised by the Server header of their responses.
var developmentServers = []struct {
	server *regexp.Regexp
	name   string
}{
	{regexp.MustCompile(`^Werkzeug/`), "the development server of Werkzeug and Flask"},
	{regexp.MustCompile(`^WSGIServer/`), "Python's wsgiref, which is the development server of Django"},
}

// phpErrors matches the errors that PHP prints into a page with display_errors.
var phpErrors = regexp.MustCompile(`<b>(Warning|Notice|Deprecated)</b>:\s.*\son line <b>\d+</b>`)

// developmentCommands are recognised by the command line of a process. name is the name of the program, or of the
// script that an interpreter runs, without directory, version and extension.
var developmentCommands = []struct {
	name string
	args func(args []string) bool // after the name
	what string
}{
	{"php", servesAt("-S"), "php -S, PHP's development server"},
	{"next", first("dev"), "next dev"},
	{"vite", not(first("build", "preview", "optimize")), "vite's development server"},
	{"nodemon", anyArgs, "nodemon"},
	{"webpack-dev-server", anyArgs, "webpack's development server"},
	{"webpack", first("serve", "server"), "webpack's development server"},
	{"manage", first("runserver"), "Django's development server"},
	{"flask", has("--debug"), "flask --debug"},
	{"node", own("--inspect"), "node --inspect"},
}

// developmentVariables are environment variables that enable a development mode in the programs of that name.
var developmentVariables = []struct {
	program, variable string
	value             *regexp.Regexp
}{
	{"node", "NODE_ENV", regexp.MustCompile(`^dev(elopment)?$`)},
	{"node", "NODE_OPTIONS", regexp.MustCompile(`(^|\s)--inspect`)},
	{"python", "FLASK_DEBUG", regexp.MustCompile(`^(1|true|yes|on)$`)},
}

// developmentMode examines the responses, and the command lines and environments of the server's processes.
func developmentMode(ctx context.Context, p *probe) (evidence string) {
	for _, r := range p.responses(ctx) {
		if evidence = developmentResponse(r); evidence != "" {
			return evidence
		}
	}
	all := p.server()
	if all == nil {
		all = []serverProcess{{args: strings.Fields(p.Command)}}
	}
	for _, s := range all {
		if evidence = s.development(); evidence != "" {
			return evidence
		}
	}
	return ""
}

func developmentResponse(r subject.Response) string {
	server := r.Headers.Get("Server")
	for _, d := range developmentServers {
		if d.server.MatchString(server) {
			return fmt.Sprintf("the response has the header Server: %s of %s", quote(server), d.name)
		}
	}
	if php := r.Headers.Get("X-Powered-By"); strings.HasPrefix(php, "PHP/") {
		if m := phpErrors.Find(r.Body[:min(len(r.Body), mostRead)]); m != nil {
			return fmt.Sprintf("the page contains an error printed by PHP's display_errors: %s", quote(firstLine(string(m))))
		}
		if r.Headers.Get("Host") != "" { // no other PHP server returns this header
			return fmt.Sprintf("the response has the headers X-Powered-By: %s and Host, as php -S sends them", quote(php))
		}
	}
	return ""
}

// development returns the evidence that the process runs in a development mode; "" if there is none.
func (s serverProcess) development() string {
	for _, i := range s.commands() {
		for _, d := range developmentCommands {
			if programName(s.args[i]) == d.name && d.args(s.args[i+1:]) {
				return fmt.Sprintf("the server was started as %s: %s", d.what, quote(strings.Join(s.args, " ")))
			}
		}
	}
	program := programName(s.executable)
	for _, d := range developmentVariables {
		if !strings.HasPrefix(program, d.program) {
			continue
		}
		for _, setting := range s.environ {
			if name, value, _ := strings.Cut(setting, "="); name == d.variable && d.value.MatchString(value) {
				return fmt.Sprintf("%s runs with %s=%s", program, name, value)
			}
		}
	}
	return ""
}

// commands returns the index of the program in the arguments and, if it is an interpreter, the index of its script.
func (s serverProcess) commands() (at []int) {
	i := 0
	for i < len(s.args) && (slices.Contains(launchers, s.args[i]) || assignment.MatchString(s.args[i])) {
		i++
	}
	if i == len(s.args) {
		return nil
	}
	at = []int{i}
	if slices.Contains(interpreters, programName(s.args[i])) {
		for i++; i < len(s.args) && strings.HasPrefix(s.args[i], "-"); i++ {
		}
		if i < len(s.args) {
			at = append(at, i)
		}
	}
	return at
}

// Words that may precede the name of a program in a command, and names of interpreters.
var (
	launchers    = []string{"env", "exec", "npx"}
	assignment   = regexp.MustCompile(`^\w+=`)
	interpreters = []string{"node", "python", "sh", "bash"}
)

// programName returns the name of a program or script without directory, version and extension.
func programName(path string) string {
	name := filepath.Base(path)
	for _, extension := range []string{".js", ".mjs", ".cjs", ".py"} {
		name = strings.TrimSuffix(name, extension)
	}
	return strings.TrimRight(name, "0123456789.")
}

func anyArgs([]string) bool { return true }

func has(flag string) func([]string) bool {
	return func(args []string) bool { return slices.Contains(args, flag) }
}

// servesAt matches arguments with the flag and an address to listen on.
func servesAt(flag string) func([]string) bool {
	return func(args []string) bool {
		i := slices.Index(args, flag)
		return i >= 0 && i+1 < len(args) && strings.Contains(args[i+1], ":")
	}
}

// own matches arguments in which an option with this prefix precedes the script, so that it applies to the interpreter.
func own(option string) func([]string) bool {
	return func(args []string) bool {
		for i, arg := range args {
			isValue := i > 0 && slices.Contains([]string{"-r", "--require", "--import"}, args[i-1])
			switch {
			case strings.HasPrefix(arg, option):
				return true
			case !isValue && !strings.HasPrefix(arg, "-"):
				return false
			}
		}
		return false
	}
}

func first(words ...string) func([]string) bool {
	return func(args []string) bool { return len(args) > 0 && slices.Contains(words, args[0]) }
}

func not(is func([]string) bool) func([]string) bool {
	return func(args []string) bool { return !is(args) }
}
