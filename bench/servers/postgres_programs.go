package servers

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// ErrNoPostgres says that there is no PostgreSQL to be started here.
var ErrNoPostgres = errors.New("the server programs of PostgreSQL, initdb and postgres, are neither on PATH nor in " +
	debianDirs + ": install them (Debian: apt-get install postgresql), or name a server as postgres://user@host/database")

// debianDirs is where Debian puts them, for each version: PATH has only what clients need.
const debianDirs = "/usr/lib/postgresql/*/bin"

// PostgresInstalled returns ErrNoPostgres, or nil if a private server can be started here.
func PostgresInstalled() error {
	_, err := postgresDir(debianDirs)
	return err
}

// postgresDir finds the folder of the server programs: on PATH, or else those of the newest version in the
// directories that the pattern names.
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
