package program

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// cacheFolder makes the folder for the programs built from one checkout, so that two checkouts do not take each
// other's for their own.
func cacheFolder(checkout string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a folder for built programs: %w", err)
	}
	sum := sha256.Sum256([]byte(checkout))
	dir := filepath.Join(cache, "forktax", fmt.Sprintf("%x", sum[:6]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making a folder for built programs: %w", err)
	}
	return dir, nil
}
