package revision_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/revision"
)

// patience is the timeout of waits in tests; nothing is expected to take that long.
const patience = 60 * time.Second

// files has the contents of a commit's files by path.
type files map[string]string

// A repo is a git repository in a temporary directory. The test has its own user cache and temporary directory, too.
type repo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T) repo {
	t.Helper()
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache))) // not in the new user cache
	t.Setenv("PATH", toolPath(t))                         // directories that do not change during the test
	for _, name := range []string{"XDG_CACHE_HOME", "TMPDIR"} {
		t.Setenv(name, t.TempDir())
	}
	for name, value := range map[string]string{"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"} {
		t.Setenv(name, value)
	}
	r := repo{t, t.TempDir()}
	r.git("init", "--quiet", "--initial-branch", "main")
	return r
}

// toolPath returns a PATH with only the directories of the tools that the tests call.
func toolPath(t *testing.T) string {
	t.Helper()
	var dirs []string
	for _, tool := range []string{"go", "git", "sh", "cp", "sed", "seq", "cc"} {
		path, err := exec.LookPath(tool)
		if dir := filepath.Dir(path); err == nil && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return strings.Join(dirs, string(filepath.ListSeparator))
}

func (r repo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repo) write(f files) {
	r.t.Helper()
	for name, text := range f {
		path := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r repo) commit(f files) string {
	r.t.Helper()
	r.write(f)
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message", "a commit")
	return r.git("rev-parse", "HEAD")
}

// clean fails the test if there are worktrees or temporary files.
func (r repo) clean() {
	r.t.Helper()
	if got := strings.Count(r.git("worktree", "list"), "\n"); got != 0 {
		r.t.Errorf("remaining worktrees:\n%s", r.git("worktree", "list"))
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		r.t.Errorf("the temporary directory still has %s", left[0].Name())
	}
	unfinished := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "forktax/revisions/unfinished*")
	if left, _ := filepath.Glob(unfinished); len(left) > 0 {
		r.t.Errorf("the cache still has %q", left)
	}
}

// output returns what the executable prints.
func output(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command(path).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, out)
	}
	return strings.TrimSpace(string(out))
}

func build(t *testing.T, b revision.Builder, ref string) revision.Built {
	t.Helper()
	built, err := b.Build(t.Context(), ref)
	if err != nil {
		t.Fatalf("Build(%s) = %v", ref, err)
	}
	return built
}

const goProgram = `package main

func main() { println("WORD") }
`

// Two commits of a module are built with go build, and the user's working tree does not change.
func TestBuildOfModule(t *testing.T) {
	r := newRepo(t)
	first := r.commit(files{"go.mod": "module tiny\n\ngo 1.21\n", "main.go": strings.Replace(goProgram, "WORD", "one", 1)})
	r.git("tag", "v1")
	second := r.commit(files{"main.go": strings.Replace(goProgram, "WORD", "two", 1)})
	r.write(files{"main.go": "not yet a program", "new.go": "nor this"})
	r.git("add", "new.go")
	before := r.git("status", "--porcelain")
	var log bytes.Buffer
	b := revision.Builder{Repo: r.dir, Command: "go build -o {out} .", Log: &log}
	base, candidate := build(t, b, "v1"), build(t, b, "HEAD")
	if base.Commit != first || base.Ref != "v1" || base.Describe != "v1" || output(t, base.Path) != "one" {
		t.Errorf("Build(v1) = %+v with output %s; want commit %s with output one", base, output(t, base.Path), first)
	}
	if candidate.Commit != second || candidate.Describe != "v1-1-g"+second[:12] || output(t, candidate.Path) != "two" {
		t.Errorf("Build(HEAD) = %+v with output %s; want commit %s with output two", candidate, output(t, candidate.Path),
			second)
	}
	if len(base.Path) != len(candidate.Path) {
		t.Errorf("paths %s and %s: want the same length", base.Path, candidate.Path)
	}
	if got := r.git("status", "--porcelain"); got != before {
		t.Errorf("git status = %q, want %q as before", got, before)
	}
	if want := "building v1, v1, with go build -o {out} .\n"; !strings.HasPrefix(log.String(), want) {
		t.Errorf("log = %q, want %q first", &log, want)
	}
	r.clean()
}

// An executable is reused, unless another command, environment or directory could have built a different one.
func TestBuildAgain(t *testing.T) {
	t.Setenv("GOFLAGS", "")
	r := newRepo(t)
	r.commit(files{"cgi/page": "#!/bin/sh\necho page\n", "page": "#!/bin/sh\necho root\n"})
	count := filepath.Join(t.TempDir(), "count")
	script := "echo built >>" + count + "; cp page {out}"
	times := func() int {
		text, _ := os.ReadFile(count)
		return strings.Count(string(text), "built")
	}
	var log bytes.Buffer
	b := revision.Builder{Repo: r.dir, Command: script, Log: &log}
	first, second := build(t, b, "main"), build(t, b, "HEAD")
	if first.Path != second.Path || times() != 1 {
		t.Errorf("the same commit was built %d times, want once: %s and %s", times(), first.Path, second.Path)
	}
	want := "HEAD is " + first.Commit[:12] + ", built before: " + first.Path + "\n"
	if !strings.HasSuffix(log.String(), want) {
		t.Errorf("log = %q, want %q last", &log, want)
	}
	b.Command += " " // counts as another command
	if other := build(t, b, "main"); other.Path == first.Path || times() != 2 {
		t.Error("another command reused the executable")
	}
	b.Command = script
	b.Repo = filepath.Join(r.dir, "cgi")
	if other := build(t, b, "main"); output(t, other.Path) != "page" || times() != 3 {
		t.Errorf("executable of the directory cgi prints %q, want page", output(t, other.Path))
	}
	t.Setenv("GOFLAGS", "-trimpath")
	if build(t, b, "main"); times() != 4 {
		t.Error("other GOFLAGS reused the executable")
	}
	if err := os.Remove(first.Path); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "")
	b.Repo = r.dir
	if build(t, b, "main"); times() != 5 {
		t.Error("a removed executable was not built again")
	}
	r.clean()
}

// Each failure returns an error with its cause, and no temporary files remain.
func TestBuildFails(t *testing.T) {
	r := newRepo(t)
	commit := r.commit(files{"page": "#!/bin/sh\necho page\n", "plain": "text"})
	r.git("branch", "mainline")
	r.git("tag", "a-blob", "main:plain")
	r.write(files{"new/page": "not in any commit"})
	for name, test := range map[string]struct {
		repo, ref, command string
		want               []string
	}{
		"no output path": {r.dir, "main", "make", []string{`"make"`, "must contain {out}"}},
		"no repository": {filepath.Dir(r.dir), "main", "cp page {out}",
			[]string{"finding the git repository of " + filepath.Dir(r.dir), "not a git repository"}},
		"no directory": {r.dir + "/nothing", "main", "cp page {out}", []string{"nothing", "no such file"}},
		"a similar ref": {r.dir, "origin/main", "cp page {out}", []string{
			`"origin/main"`, "similar refs: main", "git fetch origin main"}},
		"an unknown ref": {r.dir, "trunk", "cp page {out}", []string{
			`"trunk" is not a commit`, "mainline", "git fetch origin trunk"}},
		"no commit": {r.dir, "a-blob", "cp page {out}", []string{`"a-blob" is not a commit`}},
		"an option": {r.dir, "--all", "cp page {out}", []string{`"--all" is not a commit`}},
		"nothing":   {r.dir, "", "cp page {out}", []string{`"" is not a commit`}},
		"a command that fails": {r.dir, "main", "echo the cause; exit 7; : {out}", []string{
			commit, `with "echo the cause`, "exit status 7: the cause"}},
		"no file":         {r.dir, "main", ": {out}", []string{commit, "{out} does not exist"}},
		"a plain file":    {r.dir, "main", "cp plain {out}; chmod 644 {out}", []string{"{out} is not executable"}},
		"a link":          {r.dir, "main", "ln -s $PWD/page {out}", []string{"created a link as {out}"}},
		"a directory":     {r.dir, "main", "mkdir {out}", []string{"{out} is a directory"}},
		"a new directory": {r.dir + "/new", "main", "cp page {out}", []string{"the commit has no directory new/"}},
	} {
		t.Run(name, func(t *testing.T) {
			built, err := revision.Builder{Repo: test.repo, Command: test.command}.Build(t.Context(), test.ref)
			if err == nil {
				t.Fatalf("Build = %+v, want an error", built)
			}
			var unknown *revision.UnknownError
			if got, want := errors.As(err, &unknown), strings.Contains(err.Error(), "is not a commit"); got != want {
				t.Errorf("Build = %v, an UnknownError: %t, want %t", err, got, want)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Build = %v, want %q in it", err, want)
				}
			}
			r.clean()
		})
	}
	t.Run("no git", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := revision.Builder{Repo: r.dir, Command: "cp page {out}"}.Build(t.Context(), "main")
		if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "apt-get install git") {
			t.Errorf("Build = %v, want an error with the package of git", err)
		}
	})
}

// The error has the end of a failed command's output, where compilers print the cause.
func TestBuildTellsTheEnd(t *testing.T) {
	r := newRepo(t)
	r.commit(files{"page": "text"})
	b := revision.Builder{Repo: r.dir, Command: "seq 1 1000000; echo the cause >&2; exit 1; : {out}"}
	_, err := b.Build(t.Context(), "main")
	if err == nil || !strings.HasSuffix(err.Error(), "the cause") || len(err.Error()) > 10_000 {
		t.Errorf("Build = %.200v…, want an error that ends with the cause", err)
	}
	r.clean()
}

// When the context ends, a command that hangs is killed with all processes that it started.
func TestBuildIsInterrupted(t *testing.T) {
	r := newRepo(t)
	r.commit(files{"page": "text"})
	begun := filepath.Join(t.TempDir(), "begun")
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	go func() {
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if text, err := os.ReadFile(begun); err == nil && len(text) > 0 {
				break
			}
		}
		cancel(interrupted)
	}()
	b := revision.Builder{Repo: r.dir, Command: "sh -c 'echo $$ >" + begun + "; sleep 1000'; : {out}"}
	_, err := b.Build(ctx, "main")
	if !errors.Is(err, interrupted) {
		t.Errorf("Build = %v, want interrupted", err)
	}
	r.clean()
	text, err := os.ReadFile(begun)
	if err != nil {
		t.Fatal(err)
	}
	pid := strings.TrimSpace(string(text))
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat("/proc/" + pid); err != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("process %s is still running", pid)
		}
	}
}

// The paths that a command gets may contain spaces and quotes.
func TestBuildInFolderWithSpaces(t *testing.T) {
	r := newRepo(t)
	r.commit(files{"it's a directory/page": "#!/bin/sh\necho page\n"})
	for _, name := range []string{"XDG_CACHE_HOME", "TMPDIR"} {
		dir := filepath.Join(t.TempDir(), `it's "$HOME"`)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv(name, dir)
	}
	b := revision.Builder{Repo: filepath.Join(r.dir, "it's a directory"), Command: "cp page {out}"}
	if got := output(t, build(t, b, "main").Path); got != "page" {
		t.Errorf("the executable prints %q, want page", got)
	}
	r.clean()
}

// If git has called this process, as for a hook, a build does not inherit git's variables.
func TestBuildWithinHook(t *testing.T) {
	r := newRepo(t)
	r.commit(files{"page": "#!/bin/sh\necho page\n"})
	for _, name := range []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} {
		t.Setenv(name, "/nowhere")
	}
	b := revision.Builder{Repo: r.dir, Command: `cp page "{out}"; git log >/dev/null`}
	built, err := b.Build(t.Context(), "main")
	for _, name := range []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} {
		os.Unsetenv(name)
	}
	if err != nil || output(t, built.Path) != "page" {
		t.Errorf("Build = %+v, %v", built, err)
	}
	r.clean()
}

// A bare repository has no working tree, and a build does not need one.
func TestBuildOfBareRepository(t *testing.T) {
	r := newRepo(t)
	r.commit(files{"page": "#!/bin/sh\necho page\n"})
	bare := repo{t, filepath.Join(t.TempDir(), "bare.git")}
	r.git("clone", "--quiet", "--bare", r.dir, bare.dir)
	if got := output(t, build(t, revision.Builder{Repo: bare.dir, Command: "cp page {out}"}, "main").Path); got != "page" {
		t.Errorf("the executable prints %q, want page", got)
	}
	bare.clean()
}

// A shallow clone, as in CI, has one commit. The error has advice on how to get more.
func TestBuildOfShallowClone(t *testing.T) {
	r := newRepo(t)
	r.commit(files{"page": "#!/bin/sh\necho one\n"})
	r.git("tag", "v1")
	r.commit(files{"page": "#!/bin/sh\necho two\n"})
	clone := repo{t, filepath.Join(t.TempDir(), "clone")}
	r.git("clone", "--quiet", "--depth", "1", "--no-tags", "file://"+r.dir, clone.dir)
	b := revision.Builder{Repo: clone.dir, Command: "cp page {out}"}
	if got := output(t, build(t, b, "main").Path); got != "two" {
		t.Errorf("the executable prints %q, want two", got)
	}
	_, err := b.Build(t.Context(), "v1")
	want := "shallow: set fetch-depth: 0 for actions/checkout, or run git fetch origin v1"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Build(v1) = %v, want advice on shallow clones", err)
	}
	clone.clean()
}

// Submodules are checked out.
func TestBuildWithSubmodules(t *testing.T) {
	part := newRepo(t)
	part.commit(files{"page": "#!/bin/sh\necho part\n"})
	r := newRepo(t)
	for name, value := range map[string]string{"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow",
		"GIT_CONFIG_VALUE_0": "always"} { // git forbids file URLs for submodules by default
		t.Setenv(name, value)
	}
	r.git("submodule", "--quiet", "add", part.dir, "part")
	r.commit(nil)
	b := revision.Builder{Repo: r.dir, Command: "cp part/page {out}"}
	if got := output(t, build(t, b, "main").Path); got != "part" {
		t.Errorf("the executable prints %q, want part", got)
	}
	r.clean()
}

// A build removes worktrees of killed processes, but not worktrees that are in use or belong to the user.
func TestBuildRemovesWhatWasLeft(t *testing.T) {
	r := newRepo(t)
	r.commit(files{"page": "#!/bin/sh\necho page\n"})
	own := filepath.Join(t.TempDir(), "own")
	r.git("worktree", "add", "--quiet", "--detach", own, "main")
	left := func(name string) string {
		dir := filepath.Join(os.TempDir(), "forktax-worktree-"+name)
		r.git("worktree", "add", "--quiet", "--detach", filepath.Join(dir, "forktax-worktree-"+name), "main")
		return dir
	}
	killed, used, gone := left("killed"), left("used"), left("gone")
	if err := os.RemoveAll(gone); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Open(used)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(own); err != nil { // as on an unmounted disk
		t.Fatal(err)
	}
	build(t, revision.Builder{Repo: r.dir, Command: "cp page {out}"}, "main")
	list := r.git("worktree", "list")
	for path, want := range map[string]bool{killed: false, gone: false, used: true, own: true} {
		if got := strings.Contains(list, path); got != want {
			t.Errorf("%s is listed: %t, want %t:\n%s", path, got, want, list)
		}
	}
	if _, err := os.Stat(killed); err == nil {
		t.Errorf("%s still exists", killed)
	}
	if _, err := os.Stat(used); err != nil {
		t.Errorf("worktree %s in use: %v", used, err)
	}
}

// Several concurrent builds of one commit do not interfere.
func TestBuildsAtOnce(t *testing.T) {
	r := newRepo(t)
	r.commit(files{"page": "#!/bin/sh\necho page\n"})
	b := revision.Builder{Repo: r.dir, Command: "cp page {out}"}
	failed := make(chan error)
	const builds = 8
	for range builds {
		go func() {
			_, err := b.Build(t.Context(), "main")
			failed <- err
		}()
	}
	for range builds {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if got := output(t, build(t, b, "main").Path); got != "page" {
		t.Errorf("the executable prints %q, want page", got)
	}
	r.clean()
}
