package process

import (
	"fmt"
	"os"
)

// TempDir makes a temporary directory and returns what removes it. The purpose is for the error.
func TempDir(purpose string) (dir string, remove func() error, err error) {
	if dir, err = os.MkdirTemp("", "forktax-"); err != nil {
		return "", nil, fmt.Errorf("making a folder for %s: %w", purpose, err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}
