package revision_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"forktax/bench/revision"
)

// An executable is built again if and only if an input that the build could have read has changed.
func TestBuildReadsEnvironment(t *testing.T) {
	write := func(path, text string, age time.Duration) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, path string) {
		t.Helper()
		_ = os.Remove(path)
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	r := newRepo(t)
	r.commit(files{"page": "#!/bin/sh\necho FLAVOUR\n"})
	first, other := t.TempDir(), t.TempDir()
	tool, named := filepath.Join(first, "mk"), filepath.Join(other, "cc")
	for _, path := range []string{tool, named, filepath.Join(other, "cc-2")} {
		write(path, "#!/bin/sh\n", time.Hour)
	}
	write(filepath.Join(other, "notes"), "text", time.Hour)
	t.Setenv("PATH", first+":"+toolPath(t))
	t.Setenv("FLAVOUR", "one")
	t.Setenv("CC", named+" -O2")
	b := revision.Builder{Repo: r.dir, Command: "sed s/FLAVOUR/$FLAVOUR/ page >{out}; chmod +x {out}"}
	last := build(t, b, "main").Path
	for _, test := range []struct {
		name   string
		change func()
		again  bool
	}{
		{"nothing", func() {}, false},
		{"a variable", func() { t.Setenv("FLAVOUR", "two") }, true},
		{"a new variable", func() { t.Setenv("MODE", "") }, true},
		{"volatile variables", func() {
			for _, name := range []string{"PWD", "OLDPWD", "SHLVL", "_", "SSH_CONNECTION", "TERM"} {
				t.Setenv(name, "other")
			}
			t.Setenv("TMPDIR", t.TempDir())
		}, false},
		{"an upgraded tool on PATH", func() { write(tool, "#!/bin/sh\n", time.Minute) }, true},
		{"a tool that shadows another on PATH", func() {
			path, err := exec.LookPath("sed")
			if err != nil {
				t.Fatal(err)
			}
			write(filepath.Join(first, "sed"), "#!/bin/sh\nexec "+path+" \"$@\"\n", time.Hour)
		}, true},
		{"the target of a link on PATH", func() { link(named, tool) }, true},
		{"the target of a link on PATH, to a similar file", func() { link(filepath.Join(other, "cc-2"), tool) }, true},
		{"a tool that a variable names", func() { write(named, "#!/bin/sh\n#\n", time.Hour) }, true},
		{"a file that is not a tool, on PATH", func() {
			if err := os.WriteFile(filepath.Join(first, "notes"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		test.change()
		built := build(t, b, "main").Path
		if again := built != last; again != test.again {
			t.Errorf("change of %s: built again: %t, want %t", test.name, again, test.again)
		}
		if got, want := output(t, built), os.Getenv("FLAVOUR"); got != want {
			t.Errorf("change of %s: the executable prints %s, want %s", test.name, got, want)
		}
		last = built
	}
}
