package subject

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// cacheFolder makes the folder for the programs built from one checkout with the same flags, so that neither two
// checkouts nor two builds take each other's for their own.
func cacheFolder(checkout string, flags []string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a folder for built programs: %w", err)
	}
	sum := sha256.Sum256([]byte(checkout))
	dir := filepath.Join(cache, "forktax", fmt.Sprintf("%x", sum[:6]))
	if len(flags) > 0 {
		sum := sha256.Sum256([]byte(strings.Join(flags, "\x00")))
		dir = filepath.Join(dir, fmt.Sprintf("%x", sum[:6]))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making a folder for built programs: %w", err)
	}
	return dir, nil
}
