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
	late bool   // Real is not known, as the shim did not name it in time
}

// ShimOf returns the shim through which the text starts its program: the path of an executable, whose first line counts
// if it is a script, or a command for a shell. Real is the interpreter that the shim starts; "" if the shim takes longer
// than two seconds to name it. Nothing is started unless there is a shim, which then is asked for that.
func ShimOf(ctx context.Context, text string) (tool, shim, real string, ok bool) {
	s, ok := shimOf(ctx, text, exec.LookPath)
	return s.Tool, s.Path, s.Real, ok
}

// FindShim is ShimOf with another search path. It returns false if the interpreter is not known.
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
func shimOfFile(ctx context.Context, path string, lookPath func(string) (string, error)) (Shim, bool) {
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

// shimLimit is how long a shim may take to name its interpreter: those of version managers take up to a second.
const shimLimit = 2 * time.Second

// shimIn is the shim that the script is; false if it is none.
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

// asked returns the shim with the path that the command prints, unless it prints something else.
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
