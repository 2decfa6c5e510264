package subject

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// cacheName is the name of the directory for the programs built from one checkout with the same flags, so that neither
// two checkouts nor two builds take each other's for their own. All names are equally long.
func cacheName(checkout string, flags []string) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{checkout}, flags...), "\x00")))
	return fmt.Sprintf("%x", sum[:6])
}
