package subject

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"forktax/bench/foreign"
	"forktax/bench/process"
)

// A Shim is a shell script that a version manager has put on PATH by the name of an interpreter. It finds out which
// version is wanted, at each start, and hands over to that.
type Shim struct {
	Tool string // the version manager, such as pyenv
	Path string // of the shell script
	Real string // path of the interpreter that it starts now
}

// ShimOf returns the shim through which the text starts its program: the path of an executable, whose first line counts
// if it is a script, or a command for a shell. Real is the interpreter that the shim starts. Nothing is started unless
// there is a shim, which then is asked for that.
func ShimOf(text string) (tool, shim, real string, ok bool) {
	s, ok := FindShim(text, exec.LookPath)
	return s.Tool, s.Path, s.Real, ok
}

// FindShim is ShimOf with another search path.
func FindShim(text string, lookPath func(name string) (string, error)) (Shim, bool) {
	if isFile(text) {
		return shimOfFile(text, lookPath)
	}
	for command := range strings.SplitSeq(separators.ReplaceAllString(text, "\n"), "\n") {
		for _, word := range strings.Fields(command) {
			if word = strings.Trim(word, `'"`); launchers[filepath.Base(word)] || strings.Contains(word, "=") {
				continue
			}
			if path, err := lookPath(word); err == nil {
				if s, ok := shimOfFile(path, lookPath); ok {
					return s, true
				}
			}
			break // what follows is for the program
		}
	}
	return Shim{}, false
}

// separators stand between the commands of a shell.
var separators = regexp.MustCompile(`&&|\|\|?|[;&()]`)

// launchers are words of a command that others follow.
var launchers = map[string]bool{"env": true, "exec": true, "command": true, "nohup": true}

// shimOfFile looks at the file and, if it is a script, at its interpreter, and so on.
func shimOfFile(path string, lookPath func(string) (string, error)) (Shim, bool) {
	dir := filepath.Dir(path) // where the versions that are wanted may be written down
	for range mostInterpreters {
		file, err := Inspect(path)
		if err != nil {
			return Shim{}, false
		}
		words, at, ok := file.Interpreter()
		if !ok {
			return Shim{}, false
		}
		if s, found := shimIn(path, file, dir); found {
			if s.Real == "" {
				return Shim{}, false
			}
			return s, true
		}
		if path, err = lookPath(words[at]); err != nil {
			return Shim{}, false
		}
	}
	return Shim{}, false
}

// Lines by which shims are recognised. Those of rbenv, and of all that were made after it, end by calling the version
// manager; those of nvm, which has none of its own, load it into the shell.
var (
	handsOver = regexp.MustCompile(`(?m)^\s*exec "?(/[^"\s]*/(pyenv|rbenv|nodenv|plenv|phpenv|asdf))"? exec `)
	shimRoot  = regexp.MustCompile(`(?m)^\s*export ([A-Z]+_ROOT)="?([^"\n]+)"?$`)
	loadsNVM  = regexp.MustCompile(`(?m)^[^#\n]*\bnvm(\.sh|-exec)\b`)
)

// shellName matches the names of shells.
var shellName = regexp.MustCompile(`^(ba|da|k|z)?sh$`)

// longestShim is how much of a script is read: shims have some twenty lines.
const longestShim = 8 << 10

// shimLimit is how long a shim may take to be asked: those that are worth naming take most of a second.
const shimLimit = 10 * time.Second

// shimIn is the shim that the script is; false if it is none.
func shimIn(path string, file Executable, dir string) (Shim, bool) {
	if words, at, _ := file.Interpreter(); !shellName.MatchString(filepath.Base(words[at])) {
		return Shim{}, false
	}
	f, err := foreign.Open(path)
	if err != nil {
		return Shim{}, false
	}
	defer f.Close()
	text, err := readBegin(f, longestShim)
	if err != nil {
		return Shim{}, false
	}
	name := filepath.Base(path)
	if m := handsOver.FindSubmatch(text); m != nil {
		ask := exec.Command(string(m[1]), "which", name)
		ask.Env = process.Environment()
		for _, root := range shimRoot.FindAllSubmatch(text, -1) {
			ask.Env = append(ask.Env, string(root[1])+"="+string(root[2]))
		}
		return Shim{string(m[2]), path, asked(ask, dir)}, true
	}
	if name == "node" && loadsNVM.Match(text) {
		return Shim{"nvm", path, asked(exec.Command(path, "-p", "process.execPath"), dir)}, true
	}
	return Shim{}, false
}

// asked is the path that the command prints; "" if it prints something else.
func asked(command *exec.Cmd, dir string) string {
	command.Dir = dir
	printed, err := process.Output(context.Background(), shimLimit, command)
	path := strings.TrimSpace(string(printed))
	if err != nil || !filepath.IsAbs(path) || !isFile(path) {
		return ""
	}
	return path
}
