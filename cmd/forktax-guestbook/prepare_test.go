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

// prepare writes the same bytes each time, also if the directory is not empty, so that all runs do the same work.
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
		t.Errorf("SHA-256 of the databases = %x, want the same each time", sums)
	}
}

// prepare replaces an existing database and its log.
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
		t.Errorf("SHA-256 of the database = %x, want %x", got, want)
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
		t.Errorf("prepare in a missing directory = %v, want an error with %s", err, dir)
	}
}

// While hold keeps the database open, its log is not deleted when the last other connection closes.
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

// A database that is not set or does not exist is an error, and no file is created.
func TestNoDatabase(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.sqlite")
	for path, want := range map[string]string{"": book.Variable, missing: missing} {
		t.Setenv(book.Variable, path)
		if _, _, err := suite.Connected(t); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open with %s=%q = %v, want an error with %s", book.Variable, path, err, want)
		}
		if _, err := hold(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("hold with %s=%q = %v, want an error with %s", book.Variable, path, err, want)
		}
	}
	expectFiles(t, filepath.Dir(missing))
}

// The path of the database may contain special characters of URLs.
func TestPathWithSpecialCharacters(t *testing.T) {
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
