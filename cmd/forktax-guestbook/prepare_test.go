package main

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forktax/cmd/forktax-guestbook/book"
	"forktax/cmd/forktax-guestbook/booktest"
)

// The same bytes each time, be the folder empty or not: what is measured today and tomorrow is the same work.
func TestPrepareIsReproducible(t *testing.T) {
	again := t.TempDir()
	var sums [][sha256.Size]byte
	for _, dir := range []string{t.TempDir(), again, again} {
		env, err := prepare(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		path := env[book.Variable]
		if filepath.Dir(path) != dir || len(env) != 1 {
			t.Errorf("prepare = %v, want %s with a file in %s", env, book.Variable, dir)
		}
		bytes, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sha256.Sum256(bytes))
		expectFiles(t, dir, "guestbook.sqlite")
	}
	if sums[0] != sums[1] || sums[0] != sums[2] {
		t.Errorf("prepare made databases of SHA-256 %x, want the same each time", sums)
	}
}

// A database that was used is made anew, with the log that belongs to it.
func TestPrepareReplacesUsedDatabase(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"guestbook.sqlite", "guestbook.sqlite-wal", "guestbook.sqlite-shm"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("of another database"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env, err := prepare(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := os.ReadFile(env[book.Variable])
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := sha256.Sum256(bytes), sha256.Sum256(fresh); got != want {
		t.Errorf("prepare made a database of SHA-256 %x, want %x", got, want)
	}
}

func expectFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s has the files %q, want %q", dir, got, want)
	}
}

func TestPrepareFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	if _, err := prepare(t.Context(), dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("prepare in a missing folder = %v, want an error that names %s", err, dir)
	}
}

// While the harness holds the database, its log outlives the last process that uses it; else each CGI child that happens
// to be alone would write it back and delete it.
func TestHoldKeepsLog(t *testing.T) {
	path := freshDatabase(t)
	release, err := hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	visit := func() {
		t.Helper()
		handler, shut, err := suite.Connected(t)
		if err != nil {
			t.Fatal(err)
		}
		if w := booktest.Ask(handler, "POST", "/sign", "name=Ada&message=Hello"); w.Code != 303 {
			t.Errorf("POST /sign = %d, want 303", w.Code)
		}
		if err := shut(); err != nil {
			t.Error(err)
		}
	}
	visit()
	expectFiles(t, filepath.Dir(path), "guestbook.sqlite", "guestbook.sqlite-shm", "guestbook.sqlite-wal")
	if err := release(); err != nil {
		t.Errorf("release() = %v, want nil", err)
	}
	expectFiles(t, filepath.Dir(path), "guestbook.sqlite")
	visit()
	expectFiles(t, filepath.Dir(path), "guestbook.sqlite")
}

// Whoever forgets the database, or names one that is not there, is told so, and none is made.
func TestNoDatabase(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.sqlite")
	for path, say := range map[string]string{"": book.Variable, missing: missing} {
		t.Setenv(book.Variable, path)
		if _, _, err := suite.Connected(t); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("open with %s=%q = %v, want an error that names %s", book.Variable, path, err, say)
		}
		if _, err := hold(t.Context()); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("hold with %s=%q = %v, want an error that names %s", book.Variable, path, err, say)
		}
	}
	expectFiles(t, filepath.Dir(missing))
}

// A path is a path, whatever it looks like to a URL.
func TestPathWithSigns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c=1#d%41&e")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	env, err := prepare(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	expectFiles(t, dir, "guestbook.sqlite")
	t.Setenv(book.Variable, env[book.Variable])
	want := guestbook().Requests[0].Want.Body
	if w := booktest.Ask(suite.Opened(t), "GET", "/entries/4711", ""); w.Body.String() != want {
		t.Errorf("GET /entries/4711 = %q, want %q", w.Body, want)
	}
}
