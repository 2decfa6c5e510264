//go:build !linux

package machine

import "os"

// dropCachedPages is not known to be of use here.
func dropCachedPages(*os.File) {}
