package process

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// A NotInstalledError is returned when a program is missing. Packages names the Debian packages that contain it, or
// Command, if set, is what installs it.
type NotInstalledError struct{ Program, Packages, Command string }

func (e *NotInstalledError) Error() string {
	switch {
	case e.Command != "":
		return fmt.Sprintf("%s is not installed (%s)", e.Program, e.Command)
	case e.Packages == "":
		return e.Program + " is not installed"
	}
	return fmt.Sprintf("%s is not installed (Debian: apt-get install %s)", e.Program, e.Packages)
}

// Find returns the absolute path of a program. It searches PATH and then dirs. The name may be a pattern of package
// filepath, of which Find takes the last match in a directory. If there is none, the error is a *NotInstalledError.
func Find(name, packages string, dirs ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	for _, dir := range dirs {
		if paths, err := filepath.Glob(filepath.Join(dir, name)); err == nil && len(paths) > 0 {
			return paths[len(paths)-1], nil
		}
	}
	return "", &NotInstalledError{Program: strings.TrimSuffix(name, "*"), Packages: packages}
}
