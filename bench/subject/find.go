package subject

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"forktax/bench/buildcache"
	"forktax/bench/process"
)

// A Finder finds workload programs by name. It prefers those installed with the forktax command. Otherwise it builds
// those of the checkout into a directory of the user's cache.
type Finder struct {
	Dirs     []string  // directories of built programs; the first that has a program wins
	Checkout string    // the root of the module's source; "" if there is none
	Database string    // the kind of server that keeps the programs' data: Postgres, or "" if there is none
	Log      io.Writer // gets a message for each build

	built map[string]string // directories of builds, by names and flags: a run builds each program once
}

// Postgres is the kind of a database with a server process of its own. A workload that keeps its data there has a
// program of its own, whose name ends with the kind: in one program each database would pay for the start of the
// other's driver.
const Postgres = "postgres"

// LDAP is the kind of an LDAP server, which keeps users.
const LDAP = "ldap"

func databaseName(kind, name string) string { return name + "-" + kind }

// NewFinder returns a Finder that looks in three places: the directory of the forktax command, where go install puts
// the programs; ../libexec/forktax from there, where packages put them; and the checkout that contains the current
// directory.
func NewFinder(log io.Writer) *Finder {
	f := &Finder{Log: log}
	if self, err := os.Executable(); err == nil {
		bin := filepath.Dir(self)
		f.Dirs = []string{bin, filepath.Join(filepath.Dir(bin), "libexec", "forktax")}
	}
	if dir, err := os.Getwd(); err == nil {
		f.Checkout = checkoutAbove(dir)
	}
	return f
}

func checkoutAbove(dir string) string {
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(text, []byte("module "+module+"\n")) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// Find returns the wanted programs, in that order. A name with a slash is the path of a program in any language. Other
// names are workloads of this project.
func (f *Finder) Find(ctx context.Context, wanted []string) ([]Program, error) {
	paths := map[string]string{}
	var build []string
	wanted = f.preferAll(wanted)
	for _, w := range wanted {
		switch {
		case strings.ContainsRune(w, filepath.Separator):
			absolute, err := filepath.Abs(w)
			if err != nil {
				return nil, err
			}
			if why := NotExecutable(absolute); why != "" {
				return nil, &UnknownError{Name: w, Why: why}
			}
			paths[w] = absolute
		default:
			if path := f.findInstalled(w); path != "" {
				paths[w] = path
			} else {
				build = append(build, w)
			}
		}
	}
	built, err := f.build(ctx, build, nil)
	if err != nil {
		return nil, err
	}
	return describeAll(ctx, wanted, func(name string) string {
		return cmp.Or(paths[name], filepath.Join(built, fileOf(name)))
	})
}

// Build builds workloads of this project from the checkout, with BuildFlags followed by flags of go build, and returns
// them. A flag that is in both lists has its second value.
func (f *Finder) Build(ctx context.Context, names, flags []string) ([]Program, error) {
	names = f.preferAll(names)
	dir, err := f.build(ctx, names, flags)
	if err != nil {
		return nil, err
	}
	return describeAll(ctx, names, func(name string) string { return filepath.Join(dir, fileOf(name)) })
}

// describeAll runs describe of the named programs, whose paths are known.
func describeAll(ctx context.Context, names []string, path func(name string) string) ([]Program, error) {
	var programs []Program
	for _, name := range names {
		p, err := Describe(ctx, path(name))
		if errors.Is(err, syscall.ENOEXEC) {
			return nil, &UnknownError{Name: name, Why: "cannot be executed on this system" +
				Failure{Path: path(name), Err: err}.Suffix()}
		}
		if errors.As(err, new(*noContractError)) && ctx.Err() == nil && strings.ContainsRune(name, filepath.Separator) {
			return nil, fmt.Errorf("%w; if it is a CGI program, give it by --cgi", err)
		}
		if err != nil {
			return nil, err
		}
		programs = append(programs, p)
	}
	return programs, nil
}

// NotExecutable returns why the file at path cannot be executed, as a phrase to follow its name; "" if it can.
func NotExecutable(path string) string {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && isCommand(path):
		return "does not exist; it must be the path of one executable, without arguments: name the interpreter of a script " +
			"in its first line, such as #!/usr/bin/env python3"
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist"
	case err != nil:
		return "cannot be accessed: " + cause(err).Error()
	case info.IsDir():
		return "is a directory"
	case !info.Mode().IsRegular():
		return "is not a regular file"
	case info.Mode()&0o111 == 0:
		return "is not executable: run chmod +x " + ShellWord(path)
	}
	return ""
}

// isCommand reports whether text begins with the name of a program on PATH, followed by arguments.
func isCommand(text string) bool {
	words := strings.Fields(filepath.Base(text)) // a relative path may have been made absolute
	if len(words) < 2 {
		words = strings.Fields(text)
	}
	if len(words) < 2 {
		return false
	}
	_, err := exec.LookPath(words[0])
	return err == nil
}

func (f *Finder) preferAll(names []string) []string {
	var others []string
	for _, name := range names {
		others = append(others, f.Prefer(name))
	}
	return others
}

// Prefer returns the name of the program variant that keeps its data in the database server. It returns name unchanged
// if there is no such server or no such program.
func (f *Finder) Prefer(name string) string {
	if f.Database == "" {
		return name
	}
	other := databaseName(f.Database, name)
	if strings.ContainsRune(name, filepath.Separator) {
		if _, err := os.Stat(other); err == nil {
			return other
		}
		return name
	}
	if _, err := os.Stat(filepath.Join(f.Checkout, "cmd", fileOf(other))); f.Checkout != "" && err == nil ||
		f.findInstalled(other) != "" {
		return other
	}
	return name
}

// findInstalled returns the path of the workload's built program, or "" if no directory has one.
func (f *Finder) findInstalled(workload string) string {
	for _, dir := range f.Dirs {
		if path := filepath.Join(dir, fileOf(workload)); isWorkload(path) {
			return path
		}
	}
	return ""
}

// Names lists the workloads that Find finds by name.
func (f *Finder) Names(ctx context.Context) ([]string, error) {
	names, err := f.listPrograms(ctx)
	names = withoutDatabaseVariants(names)
	if len(names) > 0 {
		return names, nil
	}
	return nil, err
}

// withoutDatabaseVariants returns the programs without the database variants of other programs.
func withoutDatabaseVariants(programs []string) []string {
	return slices.DeleteFunc(slices.Clone(programs), func(name string) bool {
		plain, found := strings.CutSuffix(name, databaseName(Postgres, ""))
		return found && slices.Contains(programs, plain)
	})
}

// listPrograms lists the workload programs. The error is the reason why programs of the checkout are missing from the
// list.
func (f *Finder) listPrograms(ctx context.Context) ([]string, error) {
	names, err := f.inCheckout(ctx)
	for _, dir := range f.Dirs {
		files, _ := os.ReadDir(dir)
		for _, file := range files {
			name, ok := workloadOf(file.Name())
			if ok && file.Type().IsRegular() && isWorkload(filepath.Join(dir, file.Name())) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// inCheckout lists the commands of the checkout that are workload programs.
func (f *Finder) inCheckout(ctx context.Context) ([]string, error) {
	if f.Checkout == "" {
		return nil, fmt.Errorf("forktax's workload programs are missing: no %s* in %s, and the current directory is not in "+
			"a checkout of forktax; install a release, or run go install ./cmd/... in a checkout", programPrefix,
			strings.Join(f.Dirs, " or "))
	}
	const format = `{{if eq .Name "main"}}{{.ImportPath}} {{.Imports}}{{end}}`
	out, err := f.goCommand(ctx, nil, "list", "-f", format, "./cmd/...")
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, ok := workloadOf(strings.TrimPrefix(path, commands))
		if ok && slices.Contains(strings.Fields(strings.Trim(imports, "[]")), sdkPackage) {
			names = append(names, name)
		}
	}
	return names, nil
}

// An UnknownError reports that a program was not found: no workload has this name, or the file at this path cannot be
// executed.
type UnknownError struct {
	Name  string   // name as the user wrote it
	Why   string   // what is wrong with it, if it is a path
	Known []string // the existing workloads, if it is a name
}

func (e *UnknownError) Error() string {
	if e.Why != "" {
		return fmt.Sprintf("%q %s; give the path of an executable program, or a name that forktax list prints",
			e.Name, e.Why)
	}
	return fmt.Sprintf("%q is unknown; workloads: %s; or give the path of a program, such as ./%s", e.Name,
		strings.Join(e.Known, ", "), e.Name)
}

// build builds the named workloads and returns their directory.
func (f *Finder) build(ctx context.Context, names, flags []string) (string, error) {
	if len(names) == 0 {
		return "", nil
	}
	key := strings.Join(slices.Concat(names, flags), "\x00")
	if dir, ok := f.built[key]; ok {
		return dir, nil
	}
	known, missing := f.listPrograms(ctx)
	for _, name := range names {
		switch {
		case slices.Contains(known, name):
		case len(known) == 0 && f.Checkout == "":
			return "", missing
		case f.Checkout != "" && missing != nil: // the checkout may have a program that cannot be built
			return "", fmt.Errorf("workload %q is not installed with the forktax command%s; looking for it in the "+
				"checkout: %w", name, onlyInstalled(withoutDatabaseVariants(known)), missing)
		default:
			return "", &UnknownError{Name: name, Known: withoutDatabaseVariants(known)}
		}
	}
	if f.Checkout == "" { // it was installed, and has been removed since
		return "", fmt.Errorf("building %s: the current directory is not in a checkout of forktax; change to one, or "+
			"install a release", strings.Join(names, ", "))
	}
	dir, made, err := buildcache.Programs(cacheName(f.Checkout, flags))
	if err != nil {
		return "", err
	}
	args := slices.Concat([]string{"build"}, BuildFlags(), flags, []string{"-o", dir + string(filepath.Separator)})
	for _, name := range names {
		args = append(args, "./cmd/"+fileOf(name))
	}
	with := ""
	if len(flags) > 0 {
		with = " with " + strings.Join(flags, " ")
	}
	fmt.Fprintf(f.Log, "building %s%s from %s into %s\n", strings.Join(names, ", "), with, f.Checkout, dir)
	if _, err := f.goCommand(ctx, nil, args...); err != nil {
		return "", err
	}
	if made {
		buildcache.Prune()
	}
	if f.built == nil {
		f.built = map[string]string{}
	}
	f.built[key] = dir
	return dir, nil
}

func onlyInstalled(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ", only " + strings.Join(names, ", ")
}

// buildLimit is the longest that a build of the workload programs may take.
const buildLimit = time.Hour

// goCommand runs the go command in the checkout, with settings added to its environment.
func (f *Finder) goCommand(ctx context.Context, settings []string, args ...string) ([]byte, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("workload programs must be built, and there is no Go toolchain on PATH: install Go, or "+
			"a release of forktax, which includes them: %w", err)
	}
	cmd := exec.Command(tool, args...)
	cmd.Dir = f.Checkout
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1") // else a missing C compiler shows only when SQLite is opened
	cmd.Env = append(cmd.Env, settings...)
	out, err := process.Output(ctx, buildLimit, cmd)
	if err != nil {
		text := err.Error()
		if strings.Contains(text, "C compiler") && strings.Contains(text, "not found") {
			return nil, fmt.Errorf("building needs a C compiler for SQLite: install one (Debian: apt-get install gcc "+
				"libc6-dev), or use --workload hello, which does not need it: %s", text)
		}
		if strings.Contains(text, "cannot find -l") {
			return nil, fmt.Errorf("building needs the C library for static linking: install it (Debian: apt-get install "+
				"libc6-dev; Fedora: dnf install glibc-static): %s", text)
		}
		return nil, fmt.Errorf("go %s: %w", args[0], err)
	}
	return out, nil
}
