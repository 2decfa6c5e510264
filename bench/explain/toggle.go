package explain

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
)

// A toggle is a change to a program's start that can be made from outside, without changing the program.
type toggle struct {
	name  string
	about string
	// when reports whether the toggle can have an effect on the program.
	when  func(*profile) bool
	apply applying
}

// applying returns the two commands to compare. It may write files to dir.
type applying func(ctx context.Context, s *profile, dir string) (base, changed Command, err error)

// change compares the command with the result of to.
func change(to func(Command) Command) applying {
	return func(_ context.Context, s *profile, _ string) (Command, Command, error) {
		return s.command, to(s.command), nil
	}
}

func withVariables(settings ...string) applying {
	return change(func(c Command) Command { return c.With(settings...) })
}

// withOptions adds options for the interpreter. The base names its interpreter, too, so that only the options differ.
func withOptions(words ...string) applying {
	return func(_ context.Context, s *profile, _ string) (Command, Command, error) {
		return s.command.running(s.argv.words), s.command.running(s.argv.given(words...)), nil
	}
}

func isDynamic(s *profile) bool { return s.file.Loader != "" }
func isGo(s *profile) bool      { return s.file.IsGo }
func isPython(s *profile) bool  { return s.language != nil && s.language.name == python }

// isScript reports whether options can be added for Python.
func isScript(s *profile) bool { return isPython(s) && s.readable }

// opens reports whether the program opens a file of that name. It is assumed to if it could not be traced.
func opens(base string) func(*profile) bool {
	return func(s *profile) bool {
		own := s.mainImage()
		return own == nil || slices.ContainsFunc(own.uses, func(u *use) bool { return filepath.Base(u.path) == base })
	}
}

var toggles = []toggle{
	{"python3 -S", "no installed packages", isScript, withOptions("-S")},
	{"python3 -E -s", "no PYTHON*, no user site", isScript, withOptions("-E", "-s")},
	{"python3 -I", "-E -s, no script dir", isScript, withOptions("-I")},
	{"python3 -X frozen_modules=on", "frozen startup modules", isScript,
		withOptions("-X", "frozen_modules=on")},
	{"PYTHONDONTWRITEBYTECODE=1", "writes no .pyc", isPython, withVariables("PYTHONDONTWRITEBYTECODE=1")},
	{"script compiled beforehand", "runs a .pyc instead", isScript, compiled},
	{"interpreter started directly", "no wrapper before it", isDetour, direct},
	{"GOMAXPROCS=1", "fewer threads", isGo, withVariables("GOMAXPROCS=1")},
	{"GOGC=off", "no garbage collection", isGo, withVariables("GOGC=off")},
	{"GODEBUG=containermaxprocs=0", "reads no cgroup limits", isGo,
		change(func(c Command) Command { return c.debugging("containermaxprocs=0,updatemaxprocs=0") })},
	{"LD_BIND_NOW=1", "binds symbols at startup", isDynamic, withVariables("LD_BIND_NOW=1")},
	{"MALLOC_ARENA_MAX=1", "one heap for all threads", isDynamic, withVariables("MALLOC_ARENA_MAX=1")},
	{"LC_ALL=C", "no locale files", isDynamic, withVariables("LC_ALL=C")},
	{"TZ=UTC", "no /etc/localtime", opens("localtime"), withVariables("TZ=UTC")},
	{"smaller environment", "only RFC 3875 variables", func(*profile) bool { return true },
		change(func(c Command) Command { return c.without(beyondRFC...) })},
}

// compiled compares the script with its bytecode. Python caches the bytecode of modules, but not that of scripts.
func compiled(ctx context.Context, s *profile, dir string) (base, changed Command, err error) {
	script := len(s.argv.words) - len(s.command.Args) - 1
	if languageOf(s.command.Path) != nil { // python3 script.py
		script = s.argv.at + 1
	}
	if script <= s.argv.at || script >= len(s.argv.words) || filepath.Ext(s.argv.words[script]) == ".pyc" {
		return base, changed, fmt.Errorf("the command line has no script")
	}
	source := s.argv.words[script]
	bytecode := filepath.Join(dir, filepath.Base(source)+"c")
	const compile = "import py_compile, sys; py_compile.compile(sys.argv[1], cfile=sys.argv[2], doraise=True)"
	done, err := s.command.running([]string{s.executed, "-c", compile, source, bytecode}).Run(ctx)
	if err != nil {
		return base, changed, err
	}
	if !done.State.Success() {
		return base, changed, fmt.Errorf("compiling %s: %s%s", source, done.State, done.logTail())
	}
	words := slices.Clone(s.argv.words)
	words[script] = bytecode
	// Python searches the script's directory for modules first.
	changed = s.command.running(words).With("PYTHONPATH=" + filepath.Dir(source))
	return s.command.running(s.argv.words), changed, nil
}

// isDetour reports whether other programs, such as env, execute the interpreter.
func isDetour(s *profile) bool {
	own := s.mainImage()
	return s.readable && own != nil && s.images[0] != own && languageOf(own.path) != nil
}

func direct(_ context.Context, s *profile, _ string) (base, changed Command, err error) {
	words := append([]string{s.mainImage().path}, s.argv.words[s.argv.at+1:]...)
	return s.command.running(s.argv.words), s.command.running(words), nil
}

// untried returns the improvements that need a changed or rebuilt program.
func (s *profile) untried() []string {
	all := []string{"keeping the process running (measured by forktax run)"}
	if s.language == nil && s.file.Loader != "" {
		all = append(all, "linking statically")
	}
	if isPython(s) {
		all = append(all, "lazy imports")
	}
	if isGo(s) {
		all = append(all, "importing fewer packages")
	}
	return all
}
