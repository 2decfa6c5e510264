package revision_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/revision"
)

const page = "#!/bin/sh\necho WORD\n"

func pageOf(word string) string { return strings.Replace(page, "WORD", word, 1) }

// A build of the working tree includes changed, staged, new and removed files, but not ignored ones. The user's files
// and index do not change.
func TestBuildOfWorkingTree(t *testing.T) {
	r := newRepo(t)
	head := r.commit(files{"page": pageOf("one"), "gone": "text", "sub/file": "text", ".gitignore": "ignored\n"})
	r.git("tag", "v1")
	b := revision.Builder{Repo: filepath.Join(r.dir, "sub"), Command: "cd ..; { echo '#!/bin/sh'; " +
		"echo echo $(tail -n 1 page; git ls-files); } >{out}; chmod +x {out}"}
	clean := build(t, b, revision.WorkingTree)
	if clean.Commit != head || clean.Describe != "v1" {
		t.Errorf("Build of a working tree without changes = %+v, want commit %s", clean, head)
	}
	// The change has the same length and is so soon after the commit that only the content differs.
	r.write(files{"page": pageOf("two"), "new/file": "text", "ignored": "text", "staged": "text"})
	r.git("add", "staged")
	if err := os.Remove(filepath.Join(r.dir, "gone")); err != nil {
		t.Fatal(err)
	}
	before := r.git("status", "--porcelain=v2", "--ignored", "--untracked-files=all")
	refs := r.git("for-each-ref")
	index, err := os.ReadFile(filepath.Join(r.dir, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	built := build(t, b, revision.WorkingTree)
	if got, want := output(t, built.Path), "echo two .gitignore new/file page staged sub/file"; got != want {
		t.Errorf("the working tree has %q, want %q", got, want)
	}
	if built.Ref != "worktree" || built.Describe != "v1-dirty" || built.Uncommitted != 0 {
		t.Errorf("Build = %+v, want v1-dirty", built)
	}
	if got := r.git("status", "--porcelain=v2", "--ignored", "--untracked-files=all"); got != before {
		t.Errorf("git status =\n%s\nwant, as before,\n%s", got, before)
	}
	if now, err := os.ReadFile(filepath.Join(r.dir, ".git", "index")); err != nil || string(now) != string(index) {
		t.Errorf("the index has changed: %v", err)
	}
	if got := r.git("for-each-ref"); got != refs || r.git("rev-parse", "HEAD") != head {
		t.Errorf("refs =\n%s\nwant, as before,\n%s", got, refs)
	}
	if again := build(t, b, revision.WorkingTree); again.Path != built.Path {
		t.Errorf("the same working tree was built twice: %s and %s", built.Path, again.Path)
	}
	r.write(files{"page": pageOf("six")})
	if other := build(t, b, revision.WorkingTree); !strings.HasPrefix(output(t, other.Path), "echo six") {
		t.Errorf("after a change of the same length, the working tree has %q", output(t, other.Path))
	}
	r.clean()
}

// Uncommitted counts each file of the working tree that differs from the checked-out commit, except for results.
func TestUncommitted(t *testing.T) {
	r := newRepo(t)
	r.commit(files{"page": page, ".gitignore": "ignored\n"})
	r.git("branch", "other")
	r.commit(files{"page": pageOf("one")})
	b := revision.Builder{Repo: r.dir, Command: "cp page {out}", Exclude: []string{
		filepath.Join(r.dir, "results"), filepath.Join(r.dir, "none"), t.TempDir(), r.dir}}
	want := func(ref string, n int) {
		t.Helper()
		if got := build(t, b, ref).Uncommitted; got != n {
			t.Errorf("Uncommitted of %s = %d, want %d", ref, got, n)
		}
	}
	r.write(files{"results/one/result.json": "{}", "ignored": "text"})
	want("HEAD", 0)
	r.write(files{"page": pageOf("two"), "new/a": "text", "new/b": "text"})
	want("HEAD", 3)
	want("main", 3) // the same commit
	want("other", 0)
	want(revision.WorkingTree, 0)
	b.Command = "{ echo '#!/bin/sh'; echo echo $(git ls-files); } >{out}; chmod +x {out}"
	if got := output(t, build(t, b, revision.WorkingTree).Path); got != ".gitignore new/a new/b page" {
		t.Errorf("the working tree has %q, want it without results", got)
	}
}

// Changes that cannot be in a commit of the working tree return an error that names them.
func TestBuildOfWorkingTreeFails(t *testing.T) {
	part := newRepo(t)
	part.commit(files{"page": page})
	r := newRepo(t)
	for name, value := range map[string]string{"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow",
		"GIT_CONFIG_VALUE_0": "always"} {
		t.Setenv(name, value)
	}
	r.git("submodule", "--quiet", "add", part.dir, "part")
	r.commit(nil)
	bare := filepath.Join(t.TempDir(), "bare.git")
	r.git("clone", "--quiet", "--bare", r.dir, bare)
	r.write(files{"part/page": pageOf("two")})
	for dir, want := range map[string]string{
		r.dir: "submodules with uncommitted changes, which a build would not include; commit them in: part",
		bare:  `"worktree" is not a commit: a bare repository has no working tree`,
	} {
		_, err := revision.Builder{Repo: dir, Command: "cp part/page {out}"}.Build(t.Context(), revision.WorkingTree)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Build of the working tree of %s = %v, want %q", dir, err, want)
		}
	}
	r.clean()
}

// The working tree of a repository without commits can be built.
func TestBuildOfWorkingTreeWithoutCommit(t *testing.T) {
	r := newRepo(t)
	r.write(files{"page": pageOf("first")})
	b := revision.Builder{Repo: r.dir, Command: "cp page {out}"}
	if got := output(t, build(t, b, revision.WorkingTree).Path); got != "first" {
		t.Errorf("the executable prints %q, want first", got)
	}
	if out, err := exec.Command("git", "-C", r.dir, "rev-parse", "--verify", "HEAD").CombinedOutput(); err == nil {
		t.Errorf("HEAD = %s, want none", out)
	}
	r.clean()
}
