package servers_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"forktax/bench/servers"
)

func TestPostgresDir(t *testing.T) {
	root := t.TempDir()
	install := func(dir string, names ...string) string {
		t.Helper()
		dir = filepath.Join(root, dir)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	pattern := filepath.Join(root, "*", "bin")
	check := func(path, want string) {
		t.Helper()
		t.Setenv("PATH", path)
		got, err := servers.PostgresDir(pattern)
		if got != want || (want == "") != errors.Is(err, servers.ErrNoPostgres) {
			t.Errorf("PostgresDir with PATH %s = %q, %v, want %q", path, got, err, want)
		}
	}
	empty := install("empty")
	check(empty, "")
	install("17/bin", "psql", "pg_dump") // only client programs
	check(empty, "")
	old := install("9.6/bin", "initdb", "postgres")
	check(empty, old)
	install("10/bin", "initdb", "postgres")
	newer := install("16/bin", "initdb", "postgres")
	check(empty, newer)
	check(install("half", "initdb"), newer)
	own := install("own", "initdb", "postgres")
	check(own, own)
}
