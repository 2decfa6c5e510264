package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/process"
)

// helpTempDir creates a temporary directory with a file in it, prints its path, and waits to be killed.
func helpTempDir() {
	dir, _, err := process.TempDir("a test")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "data"), nil, 0o644)
	}
	fmt.Println(dir, err)
	time.Sleep(time.Hour)
}

// The directory of a killed process is removed by the next process that creates one, and not before.
func TestTempDirOfKilled(t *testing.T) {
	parent := t.TempDir()
	killed, _ := helped(t, "temporary", "TMPDIR="+parent)
	living, line := helped(t, "temporary", "TMPDIR="+parent)
	dir, _, _ := strings.Cut(line, " ")
	if got := len(entries(t, parent)); got != 2 {
		t.Fatalf("%d directories, want 2, one per process", got)
	}
	killed.Process.Kill()
	killed.Wait()
	_, next := helped(t, "temporary", "TMPDIR="+parent)
	next, _, _ = strings.Cut(next, " ")
	got := entries(t, parent)
	want := map[string]bool{filepath.Base(dir): true, filepath.Base(next): true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("directories after a process was killed and another created one (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err != nil || living.ProcessState != nil {
		t.Errorf("data in the directory of a living process is missing: %v", err)
	}
}

func entries(t *testing.T, dir string) map[string]bool {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, entry := range found {
		names[entry.Name()] = true
	}
	return names
}

// abandoned creates a temporary directory in parent, as a killed process leaves it, and returns its path.
func abandoned(t *testing.T, parent string) string {
	t.Helper()
	dir, _, err := process.TempDirIn(t.TempDir(), "forktax-", "a test")
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(parent, filepath.Base(dir))
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil { // the copy is not locked
		t.Fatal(err)
	}
	return left
}

func TestSweep(t *testing.T) {
	moved := func(from, to string) string {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
		return to
	}
	for name, test := range map[string]struct {
		make func(t *testing.T, parent string) (path string)
		stay bool
	}{
		"of a killed process": {make: abandoned},
		"with read-only parts, like Go modules": {make: func(t *testing.T, parent string) string {
			dir := abandoned(t, parent)
			if err := os.MkdirAll(filepath.Join(dir, "modules", "one"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(filepath.Join(dir, "modules"), 0o555); err != nil {
				t.Fatal(err)
			}
			return dir
		}},
		"locked": {stay: true, make: func(t *testing.T, parent string) string {
			dir := abandoned(t, parent)
			lock, err := process.LockDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { lock.Close() })
			return dir
		}},
		"of the user, with the same prefix": {stay: true, make: func(t *testing.T, parent string) string {
			dir := filepath.Join(parent, "forktax-ABCDEFGHIJKL")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			return dir
		}},
		"renamed by the user": {stay: true, make: func(t *testing.T, parent string) string {
			return moved(abandoned(t, parent), filepath.Join(parent, "kept"))
		}},
		"symbolic link": {stay: true, make: func(t *testing.T, parent string) string {
			dir := abandoned(t, t.TempDir())
			link := filepath.Join(parent, filepath.Base(dir))
			if err := os.Symlink(dir, link); err != nil {
				t.Fatal(err)
			}
			return link
		}},
		"of another user": {stay: true, make: func(t *testing.T, parent string) string {
			if os.Geteuid() != 0 {
				t.Skip("only root can give a directory to another user")
			}
			dir := abandoned(t, parent)
			if err := os.Chown(dir, 65534, 65534); err != nil {
				t.Fatal(err)
			}
			return dir
		}},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			path := test.make(t, parent)
			process.Sweep(parent)
			if _, err := os.Stat(path); (err == nil) != test.stay {
				t.Errorf("after Sweep, Stat = %v; want the directory to stay: %v", err, test.stay)
			}
		})
	}
}

// Child processes do not inherit the lock.
func TestTempDirLockIsNotInherited(t *testing.T) {
	parent := t.TempDir()
	dir, remove, err := process.TempDirIn(parent, "forktax-", "a test")
	if err != nil {
		t.Fatal(err)
	}
	p := started(t, "echo ready; sleep 1000")
	if _, err := process.LockDir(dir); err != syscall.EWOULDBLOCK {
		t.Errorf("LockDir of a directory in use = %v, want %v", err, syscall.EWOULDBLOCK)
	}
	if err := remove(); err != nil || len(entries(t, parent)) != 0 {
		t.Errorf("removing the directory = %v, %v remain", err, entries(t, parent))
	}
	again, _, err := process.TempDirIn(parent, "forktax-", "a test")
	if err != nil || len(again) != len(dir) {
		t.Errorf("TempDirIn = %s, %v; want a path as long as %s", again, err, dir)
	}
	_ = p
}
