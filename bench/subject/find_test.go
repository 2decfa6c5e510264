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

// beside makes a folder with hello in it, as it is after go build -o FOLDER ./cmd/...
func beside(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(hello(t), filepath.Join(dir, "forktax-hello")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkout makes a folder that looks like this module's source.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module forktax\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// onPath makes text the only go command that there is, with the programs that scripts need.
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

// listing is what go list prints of a checkout with two workloads and the command.
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
	onPath(t, "") // nothing is built
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

// A file is taken for a workload only if it was built from this module's command of that name.
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
	if err := os.Mkdir(filepath.Join(dir, "forktax-folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	f := subject.Finder{Dirs: []string{dir}, Log: io.Discard}
	for _, name := range []string{"forktax", "other", "script", "folder", "none", ""} {
		_, err := f.Find(t.Context(), []string{"hello", name})
		if err == nil {
			t.Errorf("Find(%q) = nil, want an error", name)
		}
	}
}

// What cannot be executed is told from what can and fails: the one is a slip of the finger, the other may be nobody's.
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
	file("noise", "no machine knows this", 0o755)
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
		fails(t, "Find", err, `"`+path+`" `+why+"; the path of an executable program is needed")
	}
	check("nothing", "does not exist")
	check("", "is a folder")
	check("text", "is not executable: chmod +x "+filepath.Join(dir, "text"))
	check("fifo", "is not a file")
	check("noise", "cannot be executed on this system; it is neither a program of this machine nor a script with "+
		"#! in line 1: begin a script with a line such as #!/bin/sh")
	check("failing", "")
	check("orphan", "")
}

// With a database server the program that uses it goes before the one that does not, wherever it is found.
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
	printf '#!/bin/sh\necho %s\n' "'`+strings.ReplaceAll(description, `"`, `\"`)+`'" > "$2forktax-$name"; /bin/chmod +x "$2forktax-$name"
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
		fails(t, "Find(helo)", err, `"helo" is unknown; there are `+strings.Join(want, ", ")+
			", or give the path of a program (such as ./helo)")
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
	dir, old := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "forktax", "00000000000a"), time.Now().Add(-30*24*time.Hour)
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
		t.Errorf("after another build, what was not used for 30 days is still there: %v", err)
	}
	folder := filepath.Dir(got[0].Path)
	if cache := os.Getenv("XDG_CACHE_HOME"); !strings.HasPrefix(folder, filepath.Join(cache, "forktax")) {
		t.Errorf("it is built into %s, want a folder of the cache %s", folder, cache)
	}
	if want := "building guestbook from " + dir + " into " + folder + "\n"; log.String() != want {
		t.Errorf("the log says %q, want %q", log.String(), want)
	}
	for file, want := range map[string]string{
		"args": "build " + strings.Join(subject.BuildFlags(), " ") + " -o " + folder + "/ ./cmd/forktax-guestbook\n",
		"cgo":  "1\n", // else a missing C compiler would show only when SQLite is opened
	} {
		if got := readAll(t, filepath.Join(dir, file)); got != want {
			t.Errorf("%s %q, want %q", file, got, want)
		}
	}

	// With flags it is built into a folder of its own, also if a workload of the name is beside the command.
	log.Reset()
	f.Dirs = []string{beside(t)}
	flagged, err := f.Build(t.Context(), []string{"guestbook"}, []string{"-tags=large", "-ldflags=-s -w"})
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Dir(flagged[0].Path)
	if own == folder || len(own) != len(folder) || flagged[0].Name != "fake" {
		t.Errorf("Build(-tags=large) = %s of %s, want another directory than %s, of as long a name", flagged[0].Path,
			flagged[0].Name, folder)
	}
	want := "building guestbook with -tags=large -ldflags=-s -w from " + dir + " into " + own + "\n"
	if log.String() != want {
		t.Errorf("the log says %q, want %q", log.String(), want)
	}
	want = "build " + strings.Join(subject.BuildFlags(), " ") + " -tags=large -ldflags=-s -w -o " + own + "/ ./cmd/forktax-guestbook\n"
	if got := readAll(t, filepath.Join(dir, "args")); got != want {
		t.Errorf("args %q, want %q", got, want)
	}
	if unflagged, err := f.Build(t.Context(), []string{"guestbook"}, nil); err != nil || unflagged[0].Path != got[0].Path {
		t.Errorf("Build without flags = %q, %v, want %q, as Find has it", paths(unflagged), err, got[0].Path)
	}

	other := subject.Finder{Dirs: f.Dirs, Checkout: checkout(t), Log: io.Discard}
	again, err := other.Find(t.Context(), []string{"guestbook"})
	if err != nil {
		t.Fatal(err)
	}
	if again[0].Path == got[0].Path {
		t.Errorf("two checkouts build into the same %s", folder)
	}
}

// The real go command on the real checkout, for the one workload that needs no C.
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
	const noCompiler = "# runtime/cgo\ncgo: C compiler \"gcc\" not found: exec: \"gcc\": executable file not found in $PATH"
	const otherCompiler = `cgo: C compiler "/no/cc" not found: exec: "/no/cc": stat /no/cc: no such file or directory`
	for name, test := range map[string]struct {
		go_              string // the go command; "" is none
		beside, checkout bool   // there is one
		want             []string
	}{
		"there is no go command": {"", false, true, []string{
			`no workload "guestbook" is installed with the forktax command; looking for it in the checkout: `, "have to be built",
			"no Go toolchain on PATH", "install Go, or a release of forktax, which has them"}},
		"there is no go command, but another workload": {"", true, true, []string{
			`no workload "guestbook" is installed with the forktax command, only hello; looking for it`, "no Go toolchain on PATH"}},
		"there is no checkout": {listing, false, false, []string{"workload programs are missing: looked for forktax-* in /",
			"above the current directory; install a release, or run go install ./cmd/... in a checkout"}},
		"there is no C compiler": {listing + "cat >&2 <<'END'\n" + noCompiler + "\nEND\nexit 1", false, true,
			[]string{"a C compiler, for SQLite", "apt-get install gcc libc6-dev", "--workload hello", strings.ReplaceAll(noCompiler, "\n", "\n  ")}},
		"there is no other C compiler": {listing + "echo '" + otherCompiler + "' >&2; exit 1", false, true,
			[]string{"a C compiler, for SQLite", "/no/cc"}},
		"there is no static C library": {listing + "echo '/usr/bin/ld: cannot find -lc' >&2; exit 1", false, true,
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
