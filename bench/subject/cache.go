package subject

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CacheDir makes a directory of the user's cache for what is built.
func CacheDir(elements ...string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a folder for built programs: %w", err)
	}
	dir := filepath.Join(cache, "forktax", filepath.Join(elements...))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making a folder for built programs: %w", err)
	}
	return dir, nil
}

// cacheOf is the directory for the programs built from one checkout with the same flags, so that neither two checkouts
// nor two builds take each other's for their own.
func cacheOf(checkout string, flags []string) (string, error) {
	elements := []string{hashed(checkout)}
	if len(flags) > 0 {
		elements = append(elements, hashed(strings.Join(flags, "\x00")))
	}
	return CacheDir(elements...)
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%x", sum[:6])
}
