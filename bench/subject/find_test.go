package subject_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/subject"
)

// beside makes a directory with hello in it, like go build -o DIR ./cmd/...
func beside(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(hello(t), filepath.Join(dir, "forktax-hello")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkout makes a directory that looks like this module's source.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module forktax\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// onPath sets PATH to a directory with only the go command, a shell script of that text; "": PATH has no program.
func onPath(t *testing.T, text string) {
	t.Helper()
	dir := t.TempDir()
	if text != "" {
		if err := os.Rename(script(t, text), filepath.Join(dir, "go")); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
}

// listing is the part of a go command that prints the go list output of a checkout with two workloads and forktax.
const listing = `[ "$1" = list ] && printf '%s\n' \
	'forktax/cmd/forktax [context forktax/bench fmt]' \
	'forktax/cmd/forktax-guestbook [context forktax/workload]' 'forktax/cmd/forktax-hello [forktax/workload io]' && exit
`

func paths(programs []subject.Program) []string {
	var all []string
	for _, p := range programs {
		all = append(all, p.Path)
	}
	return all
}

func TestFindBeside(t *testing.T) {
	dir := beside(t)
	onPath(t, "") // nothing can be built
	path := script(t, "echo '"+description+"'")
	relative, err := filepath.Rel(mustGetwd(t), path)
	if err != nil {
		t.Fatal(err)
	}
	f := subject.Finder{Dirs: []string{dir}, Log: io.Discard}
	got, err := f.Find(t.Context(), []string{path, "hello", relative})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{path, filepath.Join(dir, "forktax-hello"), path}, paths(got)); diff != "" {
		t.Errorf("Find (-want +got):\n%s", diff)
	}
	if got[0].Name != "fake" || got[1].Name != "hello" {
		t.Errorf("Find = %s and %s, want fake and hello", got[0].Name, got[1].Name)
	}
}

func mustGetwd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A file is a workload only if it was built from this module's command of that name.
func TestFindIsNotMistaken(t *testing.T) {
	dir := beside(t)
	for _, name := range []string{"forktax", "other", "forktax-other"} {
		if err := os.Symlink(hello(t), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(script(t, "echo '"+description+"'"), filepath.Join(dir, "forktax-cgi")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "forktax-directory"), 0o755); err != nil {
		t.Fatal(err)
	}
	f := subject.Finder{Dirs: []string{dir}, Log: io.Discard}
	for _, name := range []string{"forktax", "other", "script", "directory", "none", ""} {
		_, err := f.Find(t.Context(), []string{"hello", name})
		if err == nil {
			t.Errorf("Find(%q) = nil, want an error", name)
		}
	}
}

// A file that cannot be executed is an UnknownError, which is a mistake of the user. A program that fails is another
// error.
func TestFindTellsWhatIsNoProgram(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) {
		syscall.ForkLock.RLock() // see script
		defer syscall.ForkLock.RUnlock()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	file("text", "#!/bin/sh\n", 0o644)
	file("noise", "not a program", 0o755)
	file("failing", "#!/bin/sh\nexit 1", 0o755)
	file("orphan", "#!/no/such/interpreter\n", 0o755)
	fifo(t, filepath.Join(dir, "fifo"))
	check := func(name, why string) {
		t.Helper()
		path := filepath.Join(dir, name)
		_, err := (&subject.Finder{Log: io.Discard}).Find(t.Context(), []string{path})
		var unknown *subject.UnknownError
		if errors.As(err, &unknown) != (why != "") {
			t.Fatalf("Find(%s) = %#v, want an UnknownError: %t", name, err, why != "")
		}
		if why == "" {
			return
		}
		if unknown.Name != path || unknown.Why != why {
			t.Errorf("Find(%s) = %+v, want that it %s", name, unknown, why)
		}
		fails(t, "Find", err, `"`+path+`" `+why+"; give the path of an executable program")
	}
	check("nothing", "does not exist")
	check("", "is a directory")
	check("text", "is not executable: run chmod +x "+filepath.Join(dir, "text"))
	check("fifo", "is not a regular file")
	check("noise", "cannot be executed on this system; it is neither a program for this machine nor a script with "+
		"#! in line 1: begin a script with a line such as #!/bin/sh")
	check("failing", "")
	check("orphan", "")
}

// With a database server, Find prefers the program that uses it, wherever the programs are.
func TestFindByDatabase(t *testing.T) {
	here, dir := beside(t), t.TempDir()
	plain, other := filepath.Join(dir, "fake"), filepath.Join(dir, "fake-postgres")
	for _, path := range []string{plain, other} {
		if err := os.Rename(script(t, "echo '"+description+"'"), path); err != nil {
			t.Fatal(err)
		}
	}
	root := checkout(t)
	if err := os.MkdirAll(filepath.Join(root, "cmd", "forktax-guestbook-postgres"), 0o755); err != nil {
		t.Fatal(err)
	}
	onPath(t, `[ "$1" = list ] && printf '%s\n' 'forktax/cmd/forktax-guestbook-postgres [forktax/workload]' \
	'forktax/cmd/forktax-guestbook [forktax/workload]' '' 'forktax/cmd/forktax-hello [forktax/workload]' && exit
while [ "$1" != -o ]; do shift; done
for name in guestbook guestbook-postgres; do
	printf '#!/bin/sh\necho %s\n' "'`+strings.ReplaceAll(description, `"`, `\"`)+`'" > "$2forktax-$name"
	/bin/chmod +x "$2forktax-$name"
done
`)
	check := func(database, wanted, want string) {
		t.Helper()
		f := subject.Finder{Dirs: []string{here}, Checkout: root, Database: database, Log: io.Discard}
		got, err := f.Find(t.Context(), []string{wanted})
		if err != nil || len(got) != 1 || filepath.Base(got[0].Path) != want {
			t.Errorf("Find(%s) with database %q = %q, %v, want %s", wanted, database, paths(got), err, want)
		}
	}
	check("", plain, "fake")
	check(subject.Postgres, plain, "fake-postgres")
	check(subject.Postgres, other, "fake-postgres")
	check("", "guestbook", "forktax-guestbook")
	check(subject.Postgres, "guestbook", "forktax-guestbook-postgres")
	check(subject.Postgres, "hello", "forktax-hello")

	f := subject.Finder{Checkout: root, Log: io.Discard}
	names, err := f.Names(t.Context())
	if diff := cmp.Diff([]string{"guestbook", "hello"}, names); err != nil || diff != "" {
		t.Errorf("Names = %v (-want +got):\n%s", err, diff)
	}
}

func TestFindNamesTheKnown(t *testing.T) {
	dir := t.TempDir()
	if err := copyFile(hello(t), filepath.Join(dir, "forktax-hello")); err != nil {
		t.Fatal(err)
	}
	onPath(t, listing)
	check := func(f subject.Finder, want ...string) {
		t.Helper()
		f.Log = io.Discard
		names, err := f.Names(t.Context())
		if diff := cmp.Diff(want, names); err != nil || diff != "" {
			t.Errorf("Names = %v (-want +got):\n%s", err, diff)
		}
		_, err = f.Find(t.Context(), []string{"helo"})
		var unknown *subject.UnknownError
		if !errors.As(err, &unknown) || unknown.Name != "helo" || !cmp.Equal(unknown.Known, want) {
			t.Errorf("Find(helo) = %v, want an UnknownError with %q", err, want)
		}
		fails(t, "Find(helo)", err, `"helo" is unknown; workloads: `+strings.Join(want, ", ")+
			"; or give the path of a program, such as ./helo")
	}
	check(subject.Finder{Dirs: []string{dir}}, "hello")
	check(subject.Finder{Dirs: []string{t.TempDir()}, Checkout: checkout(t)}, "guestbook", "hello")
	check(subject.Finder{Dirs: []string{dir}, Checkout: checkout(t)}, "guestbook", "hello")
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	syscall.ForkLock.RLock() // see script
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(to, b, 0o755)
}

// unusedBuild makes a directory of programs in the cache that was not used for 30 days, and returns its path.
func unusedBuild(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "forktax", "00000000000a")
	old := time.Now().Add(-30 * 24 * time.Hour)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(dir, old, old); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFindBuilds(t *testing.T) {
	onPath(t, listing+`
echo "$*" > args
echo "$CGO_ENABLED" > cgo
for to; do case "$to" in */) break ;; esac; done
/bin/cat > "$to/forktax-guestbook" <<'END'
#!/bin/sh
echo '`+description+`'
END
/bin/chmod +x "$to/forktax-guestbook"
`)
	dir := checkout(t)
	unused := unusedBuild(t)
	var log bytes.Buffer
	f := subject.Finder{Dirs: []string{t.TempDir()}, Checkout: dir, Log: &log}
	got, err := f.Find(t.Context(), []string{"guestbook"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(unused); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after another build, a build that was not used for 30 days still exists: %v", err)
	}
	built := filepath.Dir(got[0].Path)
	if cache := os.Getenv("XDG_CACHE_HOME"); !strings.HasPrefix(built, filepath.Join(cache, "forktax")) {
		t.Errorf("the programs are built into %s, want a directory of the cache %s", built, cache)
	}
	if want := "building guestbook from " + dir + " into " + built + "\n"; log.String() != want {
		t.Errorf("the log has %q, want %q", log.String(), want)
	}
	for file, want := range map[string]string{
		"args": "build " + strings.Join(subject.BuildFlags(), " ") + " -o " + built + "/ ./cmd/forktax-guestbook\n",
		"cgo":  "1\n", // else a missing C compiler would show only when SQLite is opened
	} {
		if got := readAll(t, filepath.Join(dir, file)); got != want {
			t.Errorf("%s %q, want %q", file, got, want)
		}
	}

	// With flags it is built into a directory of its own, even if the workload is installed with the command.
	log.Reset()
	f.Dirs = []string{beside(t)}
	flagged, err := f.Build(t.Context(), []string{"guestbook"}, []string{"-tags=large", "-ldflags=-s -w"})
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Dir(flagged[0].Path)
	if own == built || len(own) != len(built) || flagged[0].Name != "fake" {
		t.Errorf("Build(-tags=large) = %s of %s, want another directory than %s, with a name of that length",
			flagged[0].Path, flagged[0].Name, built)
	}
	want := "building guestbook with -tags=large -ldflags=-s -w from " + dir + " into " + own + "\n"
	if log.String() != want {
		t.Errorf("the log has %q, want %q", log.String(), want)
	}
	want = "build " + strings.Join(subject.BuildFlags(), " ") + " -tags=large -ldflags=-s -w -o " + own +
		"/ ./cmd/forktax-guestbook\n"
	if got := readAll(t, filepath.Join(dir, "args")); got != want {
		t.Errorf("args %q, want %q", got, want)
	}
	if unflagged, err := f.Build(t.Context(), []string{"guestbook"}, nil); err != nil || unflagged[0].Path != got[0].Path {
		t.Errorf("Build without flags = %q, %v, want %q, as Find returns", paths(unflagged), err, got[0].Path)
	}

	other := subject.Finder{Dirs: f.Dirs, Checkout: checkout(t), Log: io.Discard}
	again, err := other.Find(t.Context(), []string{"guestbook"})
	if err != nil {
		t.Fatal(err)
	}
	if again[0].Path == got[0].Path {
		t.Errorf("two checkouts build into the same directory %s", built)
	}
}

// This is the real go command in the real checkout, for the only workload that needs no C compiler.
func TestFindBuildsHello(t *testing.T) {
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("CC", "/nonexistent/cc")
	f := subject.NewFinder(io.Discard)
	if _, err := os.Stat(filepath.Join(f.Checkout, "go.mod")); err != nil {
		t.Fatalf("NewFinder has the checkout %q: %v", f.Checkout, err)
	}
	if len(f.Dirs) != 2 || !strings.HasSuffix(f.Dirs[1], "/libexec/forktax") {
		t.Errorf("NewFinder looks in %q, want the command's directory and ../libexec/forktax", f.Dirs)
	}
	names, err := f.Names(t.Context())
	has := func(name string) bool { return slices.Contains(names, name) }
	if err != nil || !has("guestbook") || !has("hello") || has("forktax") {
		t.Errorf("Names = %q, %v", names, err)
	}
	programs, err := f.Find(t.Context(), []string{"hello"})
	if err != nil || programs[0].Name != "hello" {
		t.Errorf("Find = %+v, %v", programs, err)
	}
}

func TestFindTellsWhatIsMissing(t *testing.T) {
	const noCompiler = "# runtime/cgo\n" +
		`cgo: C compiler "gcc" not found: exec: "gcc": executable file not found in $PATH`
	const otherCompiler = `cgo: C compiler "/no/cc" not found: exec: "/no/cc": stat /no/cc: no such file or directory`
	for name, test := range map[string]struct {
		go_              string // script of the go command; "": there is no go command
		beside, checkout bool   // hello is installed; there is a checkout
		want             []string
	}{
		"no go command": {"", false, true, []string{
			`workload "guestbook" is not installed with the forktax command; looking for it in the checkout: `,
			"must be built", "no Go toolchain on PATH", "install Go, or a release of forktax, which includes them"}},
		"no go command, but another workload": {"", true, true, []string{
			`workload "guestbook" is not installed with the forktax command, only hello; looking for it`,
			"no Go toolchain on PATH"}},
		"no checkout": {listing, false, false, []string{"workload programs are missing: no forktax-* in /",
			"not in a checkout of forktax; install a release, or run go install ./cmd/... in a checkout"}},
		"no C compiler": {listing + "cat >&2 <<'END'\n" + noCompiler + "\nEND\nexit 1", false, true,
			[]string{"a C compiler for SQLite", "apt-get install gcc libc6-dev", "--workload hello",
				strings.ReplaceAll(noCompiler, "\n", "\n  ")}},
		"no other C compiler": {listing + "echo '" + otherCompiler + "' >&2; exit 1", false, true,
			[]string{"a C compiler for SQLite", "/no/cc"}},
		"no static C library": {listing + "echo '/usr/bin/ld: cannot find -lc' >&2; exit 1", false, true,
			[]string{"the C library for static linking", "libc6-dev", "glibc-static", "cannot find -lc"}},
		"it does not compile": {listing + "echo './main.go:3:1: syntax error' >&2; exit 1", false, true,
			[]string{"go build: exit status 1: ./main.go:3:1: syntax error"}},
		"the packages are broken": {"echo 'go: no such module' >&2; exit 1", false, true,
			[]string{"go list: exit status 1: go: no such module"}},
		"it builds nothing": {listing + "exit 0", false, true, []string{"guestbook describe: ", "no such file"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := subject.Finder{Dirs: []string{t.TempDir()}, Log: io.Discard}
			if test.beside {
				f.Dirs = []string{t.TempDir()}
				if err := copyFile(hello(t), filepath.Join(f.Dirs[0], "forktax-hello")); err != nil {
					t.Fatal(err)
				}
			}
			if test.checkout {
				f.Checkout = checkout(t)
			}
			onPath(t, strings.Replace(test.go_, "cat ", "/bin/cat ", 1))
			_, err := f.Find(t.Context(), []string{"guestbook"})
			fails(t, "Find", err, test.want...)
		})
	}
}
