package servers

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// ErrNoPostgres is returned when PostgreSQL is not installed.
var ErrNoPostgres = errors.New("PostgreSQL is not installed: initdb and postgres are neither on PATH nor in " +
	debianDirs + "; install it (Debian: apt-get install postgresql), or use a running server: " +
	"--database postgres://user@host/database")

// debianDirs matches Debian's directories of the server programs, one for each version. PATH has only client programs.
const debianDirs = "/usr/lib/postgresql/*/bin"

// PostgresInstalled returns ErrNoPostgres if PostgreSQL is not installed, otherwise nil.
func PostgresInstalled() error {
	_, err := postgresDir(debianDirs)
	return err
}

// postgresDir returns the directory of the server programs: the directory of initdb on PATH, or else the directory of
// the newest version that matches the pattern.
func postgresDir(pattern string) (dir string, err error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if initdb, err = filepath.Abs(initdb); err == nil && hasPostgres(filepath.Dir(initdb)) {
			return filepath.Dir(initdb), nil
		}
	}
	dirs, _ := filepath.Glob(pattern)
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !hasPostgres(dir) })
	if len(dirs) == 0 {
		return "", ErrNoPostgres
	}
	version := func(dir string) float64 { // 9.6 was the last with two parts
		v, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(dir)), 64)
		return v
	}
	return slices.MaxFunc(dirs, func(a, b string) int { return int(10 * (version(a) - version(b))) }), nil
}

func hasPostgres(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}
