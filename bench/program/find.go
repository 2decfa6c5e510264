package program

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A Finder finds workload programs by name: beside the forktax command, else in its checkout, from which it builds
// them into a folder of the user's cache.
type Finder struct {
	Beside   string    // the folder of the forktax command
	Checkout string    // the root of the module's source; "" if there is none
	Log      io.Writer // where it says what it builds
}

// The import path of this module's commands, and of the package that makes one a workload program.
const (
	commands    = "forktax/cmd/"
	twinPackage = "forktax/twin"
)

// NewFinder looks for the checkout from the current folder upwards.
func NewFinder(log io.Writer) *Finder {
	f := &Finder{Log: log}
	if self, err := os.Executable(); err == nil {
		f.Beside = filepath.Dir(self)
	}
	if dir, err := os.Getwd(); err == nil {
		f.Checkout = checkoutAbove(dir)
	}
	return f
}

func checkoutAbove(dir string) string {
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(text, []byte("module forktax\n")) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// Find returns the programs that are wanted, in that order. A name with a slash in it is the path of a program, of
// any language; others are workloads of this project.
func (f *Finder) Find(ctx context.Context, wanted []string) ([]Program, error) {
	paths := map[string]string{}
	var build []string
	for _, w := range wanted {
		switch {
		case strings.ContainsRune(w, filepath.Separator):
			absolute, err := filepath.Abs(w)
			if err != nil {
				return nil, err
			}
			paths[w] = absolute
		case isWorkload(filepath.Join(f.Beside, w), w):
			paths[w] = filepath.Join(f.Beside, w)
		default:
			build = append(build, w)
		}
	}
	built, err := f.build(ctx, build)
	if err != nil {
		return nil, err
	}
	var programs []Program
	for _, w := range wanted {
		path, ok := paths[w]
		if !ok {
			path = filepath.Join(built, w)
		}
		p, err := Describe(ctx, path)
		if err != nil {
			return nil, err
		}
		programs = append(programs, p)
	}
	return programs, nil
}

// isWorkload says, without executing it, whether the file was built from this module's command of that name.
func isWorkload(path, name string) bool {
	info, err := buildinfo.ReadFile(path)
	return err == nil && name != "forktax" && info.Path == commands+name
}

// Names lists the workloads that Find knows by name.
func (f *Finder) Names(ctx context.Context) ([]string, error) {
	names, err := f.inCheckout(ctx)
	files, _ := os.ReadDir(f.Beside)
	for _, file := range files {
		if file.Type().IsRegular() && isWorkload(filepath.Join(f.Beside, file.Name()), file.Name()) {
			names = append(names, file.Name())
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 0 {
		return names, nil
	}
	return nil, err
}

// inCheckout lists the commands of the checkout that are workload programs.
func (f *Finder) inCheckout(ctx context.Context) ([]string, error) {
	if f.Checkout == "" {
		return nil, errors.New("no workload program is beside the forktax command, and the current folder is not in its " +
			"checkout: go there, or name a program by its path")
	}
	out, err := f.goCommand(ctx, "list", "-f", "{{.ImportPath}} {{.Imports}}", "./cmd/...")
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		if slices.Contains(strings.Fields(strings.Trim(imports, "[]")), twinPackage) {
			names = append(names, strings.TrimPrefix(path, commands))
		}
	}
	return names, nil
}

// An UnknownError names a workload that there is not, and those there are.
type UnknownError struct {
	Name  string
	Known []string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown workload %q; there are %s, or give the path of a program (such as ./%s)", e.Name,
		strings.Join(e.Known, ", "), e.Name)
}

// build builds the named workloads and returns the folder that they are in.
func (f *Finder) build(ctx context.Context, names []string) (string, error) {
	if len(names) == 0 {
		return "", nil
	}
	known, err := f.Names(ctx)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			if _, err := f.inCheckout(ctx); f.Checkout != "" && err != nil { // then it may be one that cannot be built
				return "", err
			}
			return "", &UnknownError{name, known}
		}
	}
	if f.Checkout == "" { // known, then, from beside, and this one has gone since
		return "", fmt.Errorf("there is no checkout to build %s from", strings.Join(names, ", "))
	}
	dir, err := cacheFolder(f.Checkout)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(f.Log, "building %s from %s into %s\n", strings.Join(names, ", "), f.Checkout, dir)
	// The tags choose Go's own resolver and user lookup: a program that needs no C is then static, and starts faster.
	args := []string{"build", "-tags", "netgo,osusergo", "-o", dir + string(filepath.Separator)}
	for _, name := range names {
		args = append(args, "./cmd/"+name)
	}
	if _, err := f.goCommand(ctx, args...); err != nil {
		return "", err
	}
	return dir, nil
}

// goCommand runs the go command in the checkout.
func (f *Finder) goCommand(ctx context.Context, args ...string) ([]byte, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("the workload programs have to be built, and there is no Go toolchain on PATH: install Go, or put "+
			"built ones beside the forktax command: %w", err)
	}
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = f.Checkout, &out, &complaint
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1") // else a missing C compiler shows only when SQLite is opened
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(complaint.String())
		if strings.Contains(text, "C compiler") && strings.Contains(text, "not found") {
			return nil, fmt.Errorf("building needs a C compiler, for SQLite: install one (Debian: apt-get install gcc libc6-dev), "+
				"or run with --workload hello, which needs none: %s", text)
		}
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, text)
	}
	return out.Bytes(), nil
}
