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

// A Shim is a shell script that a version manager has put on PATH by the name of an interpreter. At each start it
// determines the wanted version and executes that.
type Shim struct {
	Tool string // the version manager, such as pyenv
	Path string // path of the shell script
	Real string // path of the interpreter that it starts now
	late bool   // Real is not known: the shim did not print it in time
}

// ShimOf returns the shim through which text starts its program. Text is the path of an executable, or a shell command;
// of a script, the first line counts. Real is the interpreter that the shim starts; "" if the shim takes longer than
// two seconds to print it. ShimOf starts only a shim, to get Real.
func ShimOf(ctx context.Context, text string) (tool, shim, real string, ok bool) {
	s, ok := shimOf(ctx, text, exec.LookPath)
	return s.Tool, s.Path, s.Real, ok
}

// FindShim is like ShimOf with another search path. It returns false also if the interpreter is not known.
func FindShim(ctx context.Context, text string, lookPath func(name string) (string, error)) (Shim, bool) {
	if s, ok := shimOf(ctx, text, lookPath); ok && !s.late {
		return s, true
	}
	return Shim{}, false
}

func shimOf(ctx context.Context, text string, lookPath func(name string) (string, error)) (Shim, bool) {
	if isFile(text) {
		return shimOfFile(ctx, text, lookPath)
	}
	for command := range strings.SplitSeq(separators.ReplaceAllString(text, "\n"), "\n") {
		for _, word := range strings.Fields(command) {
			if word = strings.Trim(word, `'"`); launchers[filepath.Base(word)] || strings.Contains(word, "=") {
				continue
			}
			if path, err := lookPath(word); err == nil {
				if s, ok := shimOfFile(ctx, path, lookPath); ok {
					return s, true
				}
			}
			break // the rest are arguments of the program
		}
	}
	return Shim{}, false
}

// separators matches the operators between shell commands.
var separators = regexp.MustCompile(`&&|\|\|?|[;&()]`)

// launchers lists the commands that execute the command after them.
var launchers = map[string]bool{"env": true, "exec": true, "command": true, "nohup": true}

// shimOfFile returns the first shim among the file, its interpreter if it is a script, that one's interpreter, and so
// on.
func shimOfFile(ctx context.Context, path string, lookPath func(string) (string, error)) (Shim, bool) {
	dir := filepath.Dir(path) // may have a file with the wanted versions
	for range mostInterpreters {
		file, err := Inspect(path)
		if err != nil {
			return Shim{}, false
		}
		words, at, ok := file.Interpreter()
		if !ok {
			return Shim{}, false
		}
		if s, found := shimIn(ctx, path, file, dir); found {
			if s.Real == "" && !s.late {
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

// Lines by which shims are recognised. The shims of rbenv and of the tools modelled on it end by calling the version
// manager. nvm has no shims of its own: scripts load it into the shell.
var (
	handsOver = regexp.MustCompile(`(?m)^\s*exec "?(/[^"\s]*/(pyenv|rbenv|nodenv|plenv|phpenv|asdf))"? exec `)
	shimRoot  = regexp.MustCompile(`(?m)^\s*export ([A-Z]+_ROOT)="?([^"\n]+)"?$`)
	loadsNVM  = regexp.MustCompile(`(?m)^[^#\n]*\bnvm(\.sh|-exec)\b`)
)

// shellName matches the names of shells.
var shellName = regexp.MustCompile(`^(ba|da|k|z)?sh$`)

// longestShim is the part of a script that is read, in bytes: shims have about twenty lines.
const longestShim = 8 << 10

// shimLimit is the longest that a shim may take to print its interpreter. Version managers take up to a second.
const shimLimit = 2 * time.Second

// shimIn returns the script as a shim. It returns false if the script is not a shim.
func shimIn(ctx context.Context, path string, file Executable, dir string) (Shim, bool) {
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
		return Shim{Tool: string(m[2]), Path: path}.asked(ctx, ask, dir), true
	}
	if name == "node" && loadsNVM.Match(text) {
		return Shim{Tool: "nvm", Path: path}.asked(ctx, exec.Command(path, "-p", "process.execPath"), dir), true
	}
	return Shim{}, false
}

// asked returns the shim with Real set to the path that the command prints. Other output is ignored.
func (s Shim) asked(ctx context.Context, command *exec.Cmd, dir string) Shim {
	command.Dir = dir
	began := time.Now()
	printed, err := process.Output(ctx, shimLimit, command)
	path := strings.TrimSpace(string(printed))
	switch {
	case err != nil:
		s.late = time.Since(began) >= shimLimit
	case filepath.IsAbs(path) && isFile(path):
		s.Real = path
	}
	return s
}
