package subject

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// cacheName returns the name of the directory for the programs that are built from one checkout with the same flags.
// Different checkouts or flags have different names, all of the same length.
func cacheName(checkout string, flags []string) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{checkout}, flags...), "\x00")))
	return fmt.Sprintf("%x", sum[:6])
}
