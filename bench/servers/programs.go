package servers

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// ErrNotInstalled says that there is no PostgreSQL to be started here.
var ErrNotInstalled = errors.New("the server programs of PostgreSQL, initdb and postgres, are neither on PATH nor in " +
	debianPlace + ": install them (Debian: apt-get install postgresql), or name a server as postgres://user@host/database")

// debianPlace is where Debian puts them, for each version: PATH has only what clients need.
const debianPlace = "/usr/lib/postgresql/*/bin"

// Installed returns ErrNotInstalled, or nil if a private server can be started here.
func Installed() error {
	_, err := serverPrograms(debianPlace)
	return err
}

// serverPrograms finds the folder of the server programs: on PATH, or else those of the newest version in the
// place that the pattern names.
func serverPrograms(place string) (dir string, err error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if initdb, err = filepath.Abs(initdb); err == nil && hasServer(filepath.Dir(initdb)) {
			return filepath.Dir(initdb), nil
		}
	}
	dirs, _ := filepath.Glob(place)
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !hasServer(dir) })
	if len(dirs) == 0 {
		return "", ErrNotInstalled
	}
	version := func(dir string) float64 { // 9.6 was the last with two parts
		v, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(dir)), 64)
		return v
	}
	return slices.MaxFunc(dirs, func(a, b string) int { return int(10 * (version(a) - version(b))) }), nil
}

func hasServer(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}
