package explain

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
)

// A toggle is something that can be changed about a program's start from outside, without touching the program.
type toggle struct {
	name  string
	about string
	// when says whether it can matter to this program.
	when  func(*profile) bool
	apply applying
}

// applying makes the two sides that are compared, with a folder for what it needs.
type applying func(ctx context.Context, s *profile, folder string) (base, changed Command, err error)

// change compares the command with another that is made of it.
func change(to func(Command) Command) applying {
	return func(_ context.Context, s *profile, _ string) (Command, Command, error) {
		return s.command, to(s.command), nil
	}
}

func withVariables(settings ...string) applying {
	return change(func(c Command) Command { return c.With(settings...) })
}

// withOptions gives the interpreter options. The other side is spelt out, too, so that the options are all that
// differs.
func withOptions(words ...string) applying {
	return func(_ context.Context, s *profile, _ string) (Command, Command, error) {
		return s.command.running(s.argv.words), s.command.running(s.argv.given(words...)), nil
	}
}

func isDynamic(s *profile) bool { return s.file.Loader != "" }
func isGo(s *profile) bool      { return s.file.IsGo }
func isPython(s *profile) bool  { return s.language != nil && s.language.name == python }

// isScript says whether options can be given to Python.
func isScript(s *profile) bool { return isPython(s) && s.readable }

// opens says whether the program opens a file of that name, which is taken for granted if it could not be traced.
func opens(base string) func(*profile) bool {
	return func(s *profile) bool {
		own := s.mainImage()
		return own == nil || slices.ContainsFunc(own.uses, func(u *use) bool { return filepath.Base(u.path) == base })
	}
}

var toggles = []toggle{
	{"python3 -S", "no installed packages", isScript, withOptions("-S")},
	{"python3 -E -s", "no PYTHON*, no user's", isScript, withOptions("-E", "-s")},
	{"python3 -I", "that, no script's folder", isScript, withOptions("-I")},
	{"python3 -X frozen_modules=on", "its start from one file", isScript,
		withOptions("-X", "frozen_modules=on")},
	{"PYTHONDONTWRITEBYTECODE=1", "writes no .pyc", isPython, withVariables("PYTHONDONTWRITEBYTECODE=1")},
	{"script compiled beforehand", "a .pyc in its place", isScript, compiled},
	{"interpreter started directly", "no detour to it", isDetour, direct},
	{"GOMAXPROCS=1", "fewer threads", isGo, withVariables("GOMAXPROCS=1")},
	{"GOGC=off", "collects no garbage", isGo, withVariables("GOGC=off")},
	{"GODEBUG=containermaxprocs=0", "reads no cgroup limits", isGo,
		change(func(c Command) Command { return c.debugging("containermaxprocs=0,updatemaxprocs=0") })},
	{"LD_BIND_NOW=1", "binds symbols at once", isDynamic, withVariables("LD_BIND_NOW=1")},
	{"MALLOC_ARENA_MAX=1", "one heap for all", isDynamic, withVariables("MALLOC_ARENA_MAX=1")},
	{"LC_ALL=C", "no locale files", isDynamic, withVariables("LC_ALL=C")},
	{"TZ=UTC", "no /etc/localtime", opens("localtime"), withVariables("TZ=UTC")},
	{"smaller environment", "only what RFC 3875 asks", func(*profile) bool { return true },
		change(func(c Command) Command { return c.without(beyondRFC...) })},
}

// compiled runs the script's bytecode in its place. A module is kept compiled; what is run as a script never is.
func compiled(ctx context.Context, s *profile, folder string) (base, changed Command, err error) {
	script := len(s.argv.words) - len(s.command.Args) - 1
	if languageOf(s.command.Path) != nil { // python3 script.py
		script = s.argv.at + 1
	}
	if script <= s.argv.at || script >= len(s.argv.words) || filepath.Ext(s.argv.words[script]) == ".pyc" {
		return base, changed, fmt.Errorf("there is no script on the command line")
	}
	source := s.argv.words[script]
	bytecode := filepath.Join(folder, filepath.Base(source)+"c")
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
	// The script's folder is where modules are looked for first.
	changed = s.command.running(words).With("PYTHONPATH=" + filepath.Dir(source))
	return s.command.running(s.argv.words), changed, nil
}

// isDetour says whether others hand over to the interpreter, such as env.
func isDetour(s *profile) bool {
	own := s.mainImage()
	return s.readable && own != nil && s.images[0] != own && languageOf(own.path) != nil
}

func direct(_ context.Context, s *profile, _ string) (base, changed Command, err error) {
	words := append([]string{s.mainImage().path}, s.argv.words[s.argv.at+1:]...)
	return s.command.running(s.argv.words), s.command.running(words), nil
}

// untried is what would need the program to be changed, or built anew.
func (s *profile) untried() []string {
	all := []string{"keeping the process (forktax run measures it)"}
	if s.language == nil && s.file.Loader != "" {
		all = append(all, "linking statically")
	}
	if isPython(s) {
		all = append(all, "imports where they are needed")
	}
	if isGo(s) {
		all = append(all, "fewer packages")
	}
	return all
}
